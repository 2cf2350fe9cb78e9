import { SERVICE } from '../../fixtures.ts'
import { HOSTILE, testFailures } from '../../rows.ts'
import { failed } from './failed-calls.ts'

const FUNCTION = 'https://europe-west1-shop.cloudfunctions.net/pay/now'
const HASHED = 'https://shop-abcdefghij-ew.a.run.app'
const TAGGED = SERVICE.replace('://', '://blue---')
const PROJECT = String.raw`--project=\$\(gcloud projects describe 123456789012 --format="value\(projectId\)"\)`

testFailures([
  [
    'the wrong audience',
    failed('front end', 401, '<h1>Error: Unauthorized</h1>', { audience: `${SERVICE}/health` }),
    'TOKEN_REJECTED',
    /rejected the token for audience https:\/\/shop-123456789012\S*\/health at https:\S+ \(401\); .* expects the audience https:\/\/shop-123456789012\.europe-west1\.run\.app\. Leave audience empty, or set audience to https/,
    /401 Error: Unauthorized/
  ],
  [
    "a person's token where it is not taken",
    failed('front end', 401, '', { email: 'jane@shop.example', audience: '1-a.apps.googleusercontent.com' }),
    'TOKEN_REJECTED',
    /the token is a person's \(jane@shop\.example\).*Set service_account/
  ],
  [
    'a token that looks right',
    failed('front end', 401, ''),
    'TOKEN_REJECTED',
    new RegExp(
      `although the URL suggests this audience\\. Compare url .* Run \`gcloud run services describe shop --region=europe-west1 ${PROJECT}`
    ),
    /second token/
  ],
  [
    'a custom domain',
    failed('front end', 401, '', { url: 'https://shop.example/', audience: 'https://shop.example' }),
    'TOKEN_REJECTED',
    /audience https:\/\/shop\.example .*Set audience to the \*\.run\.app URL of the service behind shop\.example(?!.*Run)/
  ],
  [
    'a missing invoker',
    failed('front end', 403, '<h1>Error: Forbidden</h1>'),
    'INVOKER_MISSING',
    new RegExp(
      `deployer@shop\\S+ is not allowed to invoke https://shop\\S+ \\(403 of Google's front end, after 3 attempts\\)\\. Grant roles/run\\.invoker on the service shop to serviceAccount:deployer@shop\\S+ .*Run \`gcloud run services add-iam-policy-binding shop --region=europe-west1 ${PROJECT} --member=serviceAccount:deployer@shop\\S+ --role=roles/run\\.invoker\``
    ),
    /condition of the grant.*get-iam-policy shop/
  ],
  [
    'a missing invoker of a service of which the region is not known',
    failed('front end', 403, '', { url: HASHED }),
    'INVOKER_MISSING',
    /Grant roles\/run\.invoker on the service shop to (?!.*Run)/,
    /binding shop --region=REGION --project=PROJECT .*services list --project=PROJECT --filter="metadata\.name=shop"/
  ],
  [
    'a person who is no invoker',
    failed('front end', 403, '', { email: 'jane@shop.example' }),
    'INVOKER_MISSING',
    /--member=user:jane@shop\.example /
  ],
  [
    'an identity without e-mail that is no invoker',
    failed('front end', 403, '', { email: '' }),
    'INVOKER_MISSING',
    /The identity is not allowed to invoke/
  ],
  [
    'a function without the right',
    failed('front end', 403, '', { url: FUNCTION }),
    'INVOKER_MISSING',
    /Run `gcloud functions add-invoker-policy-binding pay --region=europe-west1 --project=shop --member=serviceAccount:deployer@shop\S+`/,
    /^(?!.*gcloud run)/
  ],
  [
    'a perimeter',
    failed('front end', 403, "Request is prohibited by organization's policy"),
    'INVOKER_MISSING',
    /VPC Service Controls keep deployer@shop\S+ out of .*ingress rule/,
    /^(?!.*(policy-binding|run\.invoker))/
  ],
  [
    'a header that Cloud Run does not read',
    failed('front end', 403, '', { tokenHeader: 'Proxy-Authorization' }),
    'INVOKER_MISSING',
    /saw no token .*does not read Proxy-Authorization.*Set token_header to X-Serverless-Authorization/,
    /^(?!.*policy-binding)/
  ],
  [
    "IAP's own account that is no invoker",
    failed('front end', 403, '', { audience: '1-a.apps.googleusercontent.com' }),
    'INVOKER_MISSING',
    /IAP's own account is not allowed.*--member=serviceAccount:service-123456789012@gcp-sa-iap\.iam\.gserviceaccount\.com/
  ],
  [
    'a missing invoker behind a custom domain',
    failed('front end', 403, '', { url: 'https://shop.example/' }),
    'INVOKER_MISSING',
    /on the service shop to .*binding shop --region=europe-west1/
  ],
  [
    'a path that may be reserved',
    failed('front end', 404, '', { url: `${SERVICE}/quiz` }),
    'NOT_REACHED',
    /\/quiz with 404, .*most likely the path \/quiz is reserved .*under another path, such as \/health/
  ],
  [
    'a path that is reserved, as the service exists',
    failed('front end', 404, '', { url: `${SERVICE}/anything`, exists: true }),
    'NOT_REACHED',
    /the service itself exists, and the path \/anything is reserved/
  ],
  [
    'a reserved path',
    failed('front end', 404, '', { url: `${SERVICE}/healthz` }),
    'NOT_REACHED',
    /path \/healthz is reserved by Google on \*\.run\.app\. Serve the check under another path, such as \/health/
  ],
  [
    'a path that ends in z on another domain',
    failed('front end', 404, '', { url: 'https://shop.example/healthz' }),
    'NOT_REACHED',
    /^(?!.*reserved).*the domain shop\.example leads to no service.*ingress/
  ],
  [
    'a tag that probably does not exist',
    failed('front end', 404, '', { url: `${TAGGED}/health`, tag: 'blue' }),
    'NOT_REACHED',
    /most likely shop has no traffic tag blue\. Deploy with the tag blue.*`gcloud run services describe shop /,
    /update-traffic shop .* --update-tags=blue=REVISION/
  ],
  [
    'a tag that certainly does not exist',
    failed('front end', 404, '', { url: `${TAGGED}/health`, tag: 'blue', exists: true }),
    'NOT_REACHED',
    /^(?!.*most likely).*the service itself exists, and shop has no traffic tag blue\./
  ],
  [
    'a tag of a service that is out of reach',
    failed('front end', 404, '', { url: `${TAGGED}/health`, tag: 'blue', exists: false }),
    'NOT_REACHED',
    /ingress admits internal traffic only, its run\.app URL is disabled, or there is no service shop in europe-west1/,
    /or the tag does not exist/
  ],
  [
    'a closed ingress',
    failed('front end', 404, HOSTILE),
    'NOT_REACHED',
    /most likely its ingress admits .*`gcloud run services describe shop --region=europe-west1/,
    /--ingress=all.*gcloud beta run services update shop .* --default-url/
  ],
  [
    'a function that does not exist',
    failed('front end', 404, '<h1>Error: Page not found</h1>', { url: FUNCTION }),
    'NOT_REACHED',
    /no function pay in europe-west1 of project shop, .*`gcloud functions describe pay --region=europe-west1 --project=shop`/,
    /functions list --project=shop"/
  ],
  [
    'a load balancer without backend',
    failed('front end', 404, 'response 404 (backend NotFound), service rules for the path non-existent', {
      url: 'https://shop.example/x'
    }),
    'NOT_REACHED',
    /no backend for shop\.example and the path \/x\. Give the URL map/
  ]
])
