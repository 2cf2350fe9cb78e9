import { openidMissing, userRefused } from '../../../../src/identity/failures/authorized-user.ts'
import { readRefusal } from '../../../../src/token/refusal.ts'
import { answer } from '../../fixtures.ts'
import { oauthRefusal, testFailures } from '../../rows.ts'

const FILE = { origin: "gcloud's file adc.json" }
const NAMED = { origin: 'the file x.json (GOOGLE_APPLICATION_CREDENTIALS)' }
const INPUT = { origin: 'credentials_json' }
const REVOKED = oauthRefusal('invalid_grant', 'Token has been expired or revoked.')
const TOKEN_URL = new URL('https://oauth2.googleapis.com/token')

testFailures([
  [
    'a revoked refresh token',
    userRefused(REVOKED, FILE),
    'CREDENTIALS_EXPIRED',
    /person's credentials in gcloud's file adc\.json: "Token has been expired or revoked"\. Sign in again.*`gcloud auth application-default login`/,
    /^(?!.*(cp |gh secret))/
  ],
  [
    'a refresh token in a file that gcloud does not write',
    userRefused(REVOKED, NAMED),
    'CREDENTIALS_EXPIRED',
    /in the file x\.json/,
    /cp "\$\(gcloud info --format="value\(config\.paths\.global_config_dir\)"\)\/application_default_credentials\.json" "\$GOOGLE/
  ],
  [
    'a refresh token in a secret',
    userRefused(REVOKED, INPUT),
    'CREDENTIALS_EXPIRED',
    /in credentials_json/,
    /global_config_dir\)"\)\/application_default_credentials\.json" \| gh secret set/
  ],
  [
    'a person who impersonates an account',
    userRefused(REVOKED, { ...FILE, impersonates: 'ci@shop.iam.gserviceaccount.com' }),
    'CREDENTIALS_EXPIRED',
    /Sign in again for ci@shop\S+,.*`gcloud auth application-default login --impersonate-service-account=ci@shop\.iam\.gserviceaccount\.com`/
  ],
  [
    'a demand to sign in again',
    userRefused(
      oauthRefusal('invalid_grant', 'reauth related error (invalid_rapt)', { error_subtype: 'invalid_rapt' }),
      FILE
    ),
    'CREDENTIALS_EXPIRED',
    /demands a new sign-in .*\(re-authentication, invalid_rapt\), which no job can do\. Use workload_identity_provider/
  ],
  [
    'a workforce user who has to sign in again',
    userRefused(REVOKED, { ...FILE, pool: '//iam.googleapis.com/locations/global/workforcePools/staff' }),
    'CREDENTIALS_EXPIRED',
    /credentials of the workforce user/,
    /create-login-config locations\/global\/workforcePools\/staff\/providers.*login --login-config=/
  ],
  [
    'a deleted OAuth client',
    userRefused(oauthRefusal('invalid_client', 'The OAuth client was not found.'), FILE),
    'CREDENTIALS_EXPIRED',
    /"The OAuth client was not found"/
  ],
  [
    'a refusal without words',
    userRefused(readRefusal(answer(400)), FILE),
    'CREDENTIALS_EXPIRED',
    /status 400 without a reason/
  ],
  [
    'a grant without openid',
    openidMissing(TOKEN_URL, 'https://www.googleapis.com/auth/cloud-platform', FILE),
    'TOKEN_INVALID',
    /credentials in \S.*, which lack the scope openid; granted: https:\/\/www\.googleapis\.com\/auth\/cloud-platform\. Sign in again with the scope openid.* in the place of the old one.*`gcloud auth application-default login "--scopes=openid,/,
    /^(?!.*proxy)/
  ],
  ['a grant of unknown scopes', openidMissing(TOKEN_URL, undefined, FILE), 'TOKEN_INVALID', /lack the scope openid\./]
])
