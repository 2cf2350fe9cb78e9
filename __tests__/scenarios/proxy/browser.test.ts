import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Page } from 'playwright-core'
import { WebSocketServer } from 'ws'
import { startLiveService } from '../../pretend-google/services/live-service.ts'
import type { LiveApp } from '../../pretend-google/services/live-service.ts'
import { BROWSER, launchBrowser } from '../../runner/browser.ts'
import { SERVICE_HOST } from '../given.ts'
import { givenProxy, proxyScenario } from './given.ts'

/** An application as frameworks make them: a Secure session cookie, and a check of Origin against Host on every form. */
const app: LiveApp = (request, response) => {
  const { method = '', url = '', headers } = request
  const isIn = (headers.cookie ?? '').includes('session=ada')
  const html = (body: string): void => {
    response.writeHead(200, { 'content-type': 'text/html', 'strict-transport-security': 'max-age=31536000' })
    response.end(`<!doctype html><title>app</title>${body}`)
  }
  if (method === 'POST' && headers.origin !== `https://${SERVICE_HOST}`) {
    response.writeHead(403).end(`CSRF: ${headers.origin ?? 'no origin'}`)
    return
  }
  if (method === 'POST' && url === '/login') {
    request.resume()
    response.writeHead(302, {
      'set-cookie': [
        `session=ada; Path=/; Secure; HttpOnly; SameSite=None; Domain=${SERVICE_HOST}`,
        '__Host-csrf=token; Path=/; Secure'
      ],
      location: `https://${SERVICE_HOST}/home?from=login`
    })
    response.end()
    return
  }
  if (url.startsWith('/home')) {
    html(
      isIn
        ? `<h1>Hello Ada</h1><p id="cookies">${(headers.cookie ?? '').includes('__Host-csrf') ? 'both' : 'one'}</p><p id="ws"></p>
           <script>
             const socket = new WebSocket('ws://' + location.host + '/socket')
             socket.onmessage = ({ data }) => (document.getElementById('ws').textContent = data)
             socket.onopen = () => socket.send('ping')
           </script>`
        : '<h1>Who are you?</h1>'
    )
    return
  }
  html('<form method="post" action="/login"><button>Log in</button></form>')
}

async function logIn(page: Page, origin: string): Promise<void> {
  await page.goto(origin)
  await page.click('button')
  await page.waitForURL(`${origin}/home?from=login`)
  assert.equal(await page.textContent('h1'), 'Hello Ada')
  assert.equal(await page.textContent('#cookies'), 'both')
  await page.waitForFunction("document.getElementById('ws').textContent === 'pong'")
}

if (BROWSER === undefined) console.log('There is no browser on this machine, so that nothing is tested with one.')
else {
  proxyScenario(
    'A browser logs in, posts a form past a CSRF check, follows the redirect, and opens a WebSocket',
    async ({ world, start }) => {
      const given = await givenProxy(world)
      await using service = await startLiveService(world, SERVICE_HOST, app)
      const sockets = new WebSocketServer({ noServer: true })
      service.server.on('upgrade', ((request: IncomingMessage, socket: Socket, head: Buffer) => {
        const isAllowed =
          request.headers.origin === `https://${SERVICE_HOST}` && request.headers.cookie?.includes('session=ada')
        if (isAllowed !== true) socket.destroy()
        else
          sockets.handleUpgrade(request, socket, head, (peer) =>
            peer.on('message', () => {
              peer.send('pong')
            })
          )
      }) as never)
      const { port, job } = await start(given, { env: service.env() })
      const chrome = await launchBrowser()
      try {
        for (const host of ['127.0.0.1', 'localhost']) {
          const page = await (await chrome.newContext()).newPage()
          await logIn(page, `http://${host}:${port}`)
        }
        // A page of elsewhere, which the browser itself lets send such a request.
        const foreign = await (await chrome.newContext()).newPage()
        await foreign.route('http://evil.example/**', async (route) => {
          await route.fulfill({ contentType: 'text/html', body: `<img src="http://127.0.0.1:${port}/home">` })
        })
        const refused = foreign.waitForResponse((response) => response.url().endsWith('/home'))
        await foreign.goto('http://evil.example/')
        assert.equal((await refused).status(), 403)
      } finally {
        await chrome.close()
      }
      assert.equal((await job.post()).exitCode, 0)
    }
  )
}
