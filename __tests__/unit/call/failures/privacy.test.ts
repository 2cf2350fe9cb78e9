import { notPrivate } from '../../../../src/call/failures/privacy.ts'
import { answer } from '../../fixtures.ts'
import { testFailures } from '../../rows.ts'
import { URL_OF_CALL } from './failed-calls.ts'

testFailures([
  [
    'a service that is open',
    notPrivate(URL_OF_CALL, 'GET', answer(200)),
    'NOT_PRIVATE',
    /answered a GET without a token with 200 OK.*Remove allUsers from roles\/run\.invoker; .* turn the check on \(gcloud run services update shop .*--invoker-iam-check\)\. Run `gcloud run services remove-iam-policy-binding shop --region=europe-west1 .*--member=allUsers --role=roles\/run\.invoker`/,
    /--invoker-iam-check/
  ],
  [
    'an application that refuses by itself',
    notPrivate(URL_OF_CALL, 'GET', answer(401)),
    'NOT_PRIVATE',
    /with 401 Unauthorized, and that refusal comes from behind the check of Google; Google did not refuse/,
    /refusal is the application's own/
  ],
  [
    'a redirect for everybody',
    notPrivate(URL_OF_CALL, 'GET', answer(302, '', { location: 'https://shop.example/login' })),
    'NOT_PRIVATE',
    /302 Found.*Set url to https:\/\/shop\.example\/login/
  ],
  [
    "a gateway's refusal of a call without token",
    notPrivate(new URL('https://gw.example/'), 'GET', answer(401, '{"code":401,"message":"Jwt is missing"}')),
    'NOT_PRIVATE',
    /Set assert_private for the URL of the service behind the gateway/,
    /^(?!.*gcloud run)/
  ],
  [
    'a custom domain that is open',
    notPrivate(new URL('https://shop.example/'), 'GET', answer(200)),
    'NOT_PRIVATE',
    /Remove allUsers from the invokers of the service behind shop\.example/,
    /where Cloud Run is behind the domain/
  ],
  [
    'a function that is open',
    notPrivate(new URL('https://europe-west1-shop.cloudfunctions.net/pay'), 'GET', answer(200)),
    'NOT_PRIVATE',
    /Run `gcloud functions remove-invoker-policy-binding pay --region=europe-west1 --project=shop --member=allUsers`/,
    /^(?!.*gcloud run)/
  ],
  [
    'an application that fails for everybody',
    notPrivate(URL_OF_CALL, 'GET', answer(404)),
    'NOT_PRIVATE',
    /404 Not Found/,
    /went through/
  ],
  ['a URL with a secret in its query', notPrivate(URL_OF_CALL, 'GET', answer(299)), 'NOT_PRIVATE', /^(?!.*s3cr3t)/]
])
