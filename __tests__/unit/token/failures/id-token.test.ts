import { tokenInvalid } from '../../../../src/token/failures/id-token.ts'
import { ACCOUNT, SERVICE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'

testFailures([
  [
    'a token for another account',
    tokenInvalid(`its e-mail (email) is "a@b.c", and must be "${ACCOUNT}"`, SERVICE, { account: ACCOUNT }),
    'TOKEN_INVALID',
    /"a@b\.c", and must be "deployer@shop\S+"\. Check the proxy/,
    /not Google's IAM/
  ],
  [
    'a token that is none',
    tokenInvalid('it is not a JSON Web Token', HOSTILE, 'form'),
    'TOKEN_INVALID',
    /not a JSON Web Token\. Check the proxy/
  ],
  [
    'a token without e-mail',
    tokenInvalid('its e-mail (email) is missing', SERVICE, { account: undefined }),
    'TOKEN_INVALID',
    /\(email\) is missing\. Set service_account/
  ],
  [
    'a token for something else',
    tokenInvalid(`its audience (aud) is ["x"], and must be "${SERVICE}"`, SERVICE, 'audience'),
    'TOKEN_INVALID',
    /\(aud\) is \["x"\], and must be "https:\/\/shop.*GCE_METADATA_HOST/,
    /^(?!.*gserviceaccount).*kept an older token/
  ],
  [
    'a token of another issuer',
    tokenInvalid('its issuer (iss) is "x"', SERVICE, 'issuer'),
    'TOKEN_INVALID',
    /\(iss\) is "x"\. Check the input universe/,
    /universe: googleapis\.com/
  ],
  [
    'a token that is over',
    tokenInvalid('it expired at 1', SERVICE, 'expiry'),
    'TOKEN_INVALID',
    /expired at 1\. Run the job again; .*HTTPS_PROXY.*the clock of this machine/,
    /timedatectl/
  ]
])
