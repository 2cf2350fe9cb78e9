import eslint from '@eslint/js'
import { defineConfig } from 'eslint/config'
import typescript from 'typescript-eslint'

const PROCESS = [
  { object: 'process', property: 'env', message: 'main.ts hands the environment in.' },
  { object: 'process', property: 'exit', message: 'Set process.exitCode: output may still be on its way.' }
]

const REVEAL = { property: 'reveal', message: 'A secret stays a Secret until it goes out (docs/threat-model.md).' }

export default defineConfig(
  { ignores: ['dist/', 'node_modules/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [typescript.configs.strictTypeChecked, typescript.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // An unsettled promise would let the process end without a verdict.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/strict-boolean-expressions': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }]
    }
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@actions/core',
              message: 'Only raw-inputs.ts, secret.ts, outputs.ts and report.ts talk to the runner.'
            }
          ]
        }
      ],
      'no-restricted-properties': ['error', ...PROCESS, REVEAL]
    }
  },
  {
    // Where a secret has to go out, or is looked for: requests, TLS, outputs, signatures, the library that signs
    // for AWS, the process that serves the proxy.
    files: [
      'src/guard/redaction.ts',
      'src/identity/subject-token/aws.ts',
      'src/proxy/serve.ts',
      'src/proxy/start.ts',
      'src/report/outputs.ts',
      'src/token/jwt.ts',
      'src/world/connection.ts',
      'src/world/http.ts'
    ],
    rules: { 'no-restricted-properties': ['error', ...PROCESS] }
  },
  {
    files: ['src/inputs/raw-inputs.ts', 'src/guard/secret.ts', 'src/report/{outputs,report}.ts', 'src/proxy/report.ts'],
    rules: { 'no-restricted-imports': 'off' }
  },
  // The toolkit's rule for proxies, which proxy-setting.ts completes, reads the environment by itself; run-to-end.ts ends the
  // process once its output has left it.
  {
    files: ['src/main.ts', 'src/proxy/main.ts', 'src/report/run-to-end.ts', 'src/world/proxy-setting.ts'],
    rules: { 'no-restricted-properties': ['error', REVEAL] }
  },
  // node:test returns promises that its runner awaits.
  {
    files: ['__tests__/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          ignoreVoid: false,
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'it', 'describe', 'suite', 'before', 'after'], package: 'node:test' }
          ]
        }
      ]
    }
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', URL: 'readonly', URLSearchParams: 'readonly' }
    }
  }
)
