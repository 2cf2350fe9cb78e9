import eslint from '@eslint/js'
import { defineConfig } from 'eslint/config'
import typescript from 'typescript-eslint'

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
      eqeqeq: 'error'
    }
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: '@actions/core', message: 'Only raw-inputs.ts, masks.ts and report.ts talk to the runner.' }]
        }
      ],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'main.ts hands the environment in.' },
        { object: 'process', property: 'exit', message: 'Set process.exitCode: output may still be on its way.' }
      ]
    }
  },
  {
    files: ['src/inputs/raw-inputs.ts', 'src/guard/masks.ts', 'src/report/report.ts', 'src/proxy/report.ts'],
    rules: { 'no-restricted-imports': 'off' }
  },
  { files: ['src/main.ts', 'src/proxy/main.ts'], rules: { 'no-restricted-properties': 'off' } },
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
