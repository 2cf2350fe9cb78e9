import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 770:
/***/ ((module, __unused_webpack_exports, __nccwpck_require__) => {

module.exports = __nccwpck_require__(218);


/***/ }),

/***/ 218:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

var __webpack_unused_export__;


var net = __nccwpck_require__(9278);
var tls = __nccwpck_require__(4756);
var http = __nccwpck_require__(8611);
var https = __nccwpck_require__(5692);
var events = __nccwpck_require__(4434);
var assert = __nccwpck_require__(2613);
var util = __nccwpck_require__(9023);


exports.httpOverHttp = httpOverHttp;
exports.httpsOverHttp = httpsOverHttp;
exports.httpOverHttps = httpOverHttps;
exports.httpsOverHttps = httpsOverHttps;


function httpOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  return agent;
}

function httpsOverHttp(options) {
  var agent = new TunnelingAgent(options);
  agent.request = http.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}

function httpOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  return agent;
}

function httpsOverHttps(options) {
  var agent = new TunnelingAgent(options);
  agent.request = https.request;
  agent.createSocket = createSecureSocket;
  agent.defaultPort = 443;
  return agent;
}


function TunnelingAgent(options) {
  var self = this;
  self.options = options || {};
  self.proxyOptions = self.options.proxy || {};
  self.maxSockets = self.options.maxSockets || http.Agent.defaultMaxSockets;
  self.requests = [];
  self.sockets = [];

  self.on('free', function onFree(socket, host, port, localAddress) {
    var options = toOptions(host, port, localAddress);
    for (var i = 0, len = self.requests.length; i < len; ++i) {
      var pending = self.requests[i];
      if (pending.host === options.host && pending.port === options.port) {
        // Detect the request to connect same origin server,
        // reuse the connection.
        self.requests.splice(i, 1);
        pending.request.onSocket(socket);
        return;
      }
    }
    socket.destroy();
    self.removeSocket(socket);
  });
}
util.inherits(TunnelingAgent, events.EventEmitter);

TunnelingAgent.prototype.addRequest = function addRequest(req, host, port, localAddress) {
  var self = this;
  var options = mergeOptions({request: req}, self.options, toOptions(host, port, localAddress));

  if (self.sockets.length >= this.maxSockets) {
    // We are over limit so we'll add it to the queue.
    self.requests.push(options);
    return;
  }

  // If we are under maxSockets create a new one.
  self.createSocket(options, function(socket) {
    socket.on('free', onFree);
    socket.on('close', onCloseOrRemove);
    socket.on('agentRemove', onCloseOrRemove);
    req.onSocket(socket);

    function onFree() {
      self.emit('free', socket, options);
    }

    function onCloseOrRemove(err) {
      self.removeSocket(socket);
      socket.removeListener('free', onFree);
      socket.removeListener('close', onCloseOrRemove);
      socket.removeListener('agentRemove', onCloseOrRemove);
    }
  });
};

TunnelingAgent.prototype.createSocket = function createSocket(options, cb) {
  var self = this;
  var placeholder = {};
  self.sockets.push(placeholder);

  var connectOptions = mergeOptions({}, self.proxyOptions, {
    method: 'CONNECT',
    path: options.host + ':' + options.port,
    agent: false,
    headers: {
      host: options.host + ':' + options.port
    }
  });
  if (options.localAddress) {
    connectOptions.localAddress = options.localAddress;
  }
  if (connectOptions.proxyAuth) {
    connectOptions.headers = connectOptions.headers || {};
    connectOptions.headers['Proxy-Authorization'] = 'Basic ' +
        new Buffer(connectOptions.proxyAuth).toString('base64');
  }

  debug('making CONNECT request');
  var connectReq = self.request(connectOptions);
  connectReq.useChunkedEncodingByDefault = false; // for v0.6
  connectReq.once('response', onResponse); // for v0.6
  connectReq.once('upgrade', onUpgrade);   // for v0.6
  connectReq.once('connect', onConnect);   // for v0.7 or later
  connectReq.once('error', onError);
  connectReq.end();

  function onResponse(res) {
    // Very hacky. This is necessary to avoid http-parser leaks.
    res.upgrade = true;
  }

  function onUpgrade(res, socket, head) {
    // Hacky.
    process.nextTick(function() {
      onConnect(res, socket, head);
    });
  }

  function onConnect(res, socket, head) {
    connectReq.removeAllListeners();
    socket.removeAllListeners();

    if (res.statusCode !== 200) {
      debug('tunneling socket could not be established, statusCode=%d',
        res.statusCode);
      socket.destroy();
      var error = new Error('tunneling socket could not be established, ' +
        'statusCode=' + res.statusCode);
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    if (head.length > 0) {
      debug('got illegal response body from proxy');
      socket.destroy();
      var error = new Error('got illegal response body from proxy');
      error.code = 'ECONNRESET';
      options.request.emit('error', error);
      self.removeSocket(placeholder);
      return;
    }
    debug('tunneling connection has established');
    self.sockets[self.sockets.indexOf(placeholder)] = socket;
    return cb(socket);
  }

  function onError(cause) {
    connectReq.removeAllListeners();

    debug('tunneling socket could not be established, cause=%s\n',
          cause.message, cause.stack);
    var error = new Error('tunneling socket could not be established, ' +
                          'cause=' + cause.message);
    error.code = 'ECONNRESET';
    options.request.emit('error', error);
    self.removeSocket(placeholder);
  }
};

TunnelingAgent.prototype.removeSocket = function removeSocket(socket) {
  var pos = this.sockets.indexOf(socket)
  if (pos === -1) {
    return;
  }
  this.sockets.splice(pos, 1);

  var pending = this.requests.shift();
  if (pending) {
    // If we have pending requests and a socket gets closed a new one
    // needs to be created to take over in the pool for the one that closed.
    this.createSocket(pending, function(socket) {
      pending.request.onSocket(socket);
    });
  }
};

function createSecureSocket(options, cb) {
  var self = this;
  TunnelingAgent.prototype.createSocket.call(self, options, function(socket) {
    var hostHeader = options.request.getHeader('host');
    var tlsOptions = mergeOptions({}, self.options, {
      socket: socket,
      servername: hostHeader ? hostHeader.replace(/:.*$/, '') : options.host
    });

    // 0 is dummy port for v0.6
    var secureSocket = tls.connect(0, tlsOptions);
    self.sockets[self.sockets.indexOf(socket)] = secureSocket;
    cb(secureSocket);
  });
}


function toOptions(host, port, localAddress) {
  if (typeof host === 'string') { // since v0.10
    return {
      host: host,
      port: port,
      localAddress: localAddress
    };
  }
  return host; // for v0.11 or later
}

function mergeOptions(target) {
  for (var i = 1, len = arguments.length; i < len; ++i) {
    var overrides = arguments[i];
    if (typeof overrides === 'object') {
      var keys = Object.keys(overrides);
      for (var j = 0, keyLen = keys.length; j < keyLen; ++j) {
        var k = keys[j];
        if (overrides[k] !== undefined) {
          target[k] = overrides[k];
        }
      }
    }
  }
  return target;
}


var debug;
if (process.env.NODE_DEBUG && /\btunnel\b/.test(process.env.NODE_DEBUG)) {
  debug = function() {
    var args = Array.prototype.slice.call(arguments);
    if (typeof args[0] === 'string') {
      args[0] = 'TUNNEL: ' + args[0];
    } else {
      args.unshift('TUNNEL:');
    }
    console.error.apply(console, args);
  }
} else {
  debug = function() {};
}
__webpack_unused_export__ = debug; // for test


/***/ }),

/***/ 3752:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   fh: () => (/* binding */ recordAttempt),
/* harmony export */   gf: () => (/* binding */ decideNext),
/* harmony export */   ky: () => (/* binding */ isIdempotent)
/* harmony export */ });
/* unused harmony exports FIRST_DEPLOYMENT_MS, labelAttempt */
/* harmony import */ var _world_retry_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(8162);
/* harmony import */ var _world_outcome_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(312);
/* harmony import */ var _verdicts_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2007);



/** For how long a 404 of the front end may mean that a first deployment is still spreading. */
const FIRST_DEPLOYMENT_MS = 10_000;
const WHO = {
    application: '',
    'front end': " of Google's front end",
    infrastructure: ' of Google, before the service',
    iap: ' of IAP',
    gateway: ' of the gateway'
};
/**
 * @param next what follows
 * @param pauseMs until then, where it is repeated and there is time for that
 */
function recordAttempt(attempt, next, pauseMs, place) {
    return {
        ...place,
        milliseconds: attempt.milliseconds,
        status: attempt.answered ? attempt.status : undefined,
        label: labelAttempt(attempt),
        description: describeAttempt(attempt),
        passed: next.kind === 'passed',
        ...describeNext(next, pauseMs)
    };
}
/** `503`, `403 of Google's front end`, `200, 2 expectations missed`, `timeout`, `no answer` */
function labelAttempt(attempt) {
    if (!attempt.answered)
        return attempt.timedOut ? 'timeout' : 'no answer';
    const { status, responder } = attempt;
    const { length } = findMisses(attempt);
    const missed = length === 0 ? '' : `, ${length} expectation${length === 1 ? '' : 's'} missed`;
    return `${status}${WHO[responder]}${missed}`;
}
function describeAttempt(attempt) {
    if (!attempt.answered)
        return attempt.reason;
    const { status, responder } = attempt;
    return [`${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_0__/* .describeStatus */ .Wn)(status)}${WHO[responder]}`, ...findMisses(attempt).map(_verdicts_js__WEBPACK_IMPORTED_MODULE_1__/* .describeMiss */ .gx)].join('; ');
}
function describeNext(next, pauseMs) {
    if (next.kind === 'renew')
        return { why: 'the token was renewed', next: 'once more with a new token' };
    if (next.kind !== 'again')
        return { why: undefined, next: next.kind };
    if (pauseMs === undefined)
        return { why: undefined, next: 'no time is left for another' };
    return { why: next.why, next: `once more in ${(pauseMs / 1000).toFixed(1)} s: ${next.why}` };
}
/** The expectations that are missed besides the status. If the status is wrong, or Google answered, they are left out. */
function findMisses({ responder, verdicts }) {
    return responder === 'application' && (0,_verdicts_js__WEBPACK_IMPORTED_MODULE_1__/* .isStatusMet */ .XM)(verdicts) ? verdicts.filter(({ met }) => !met) : [];
}
const FINAL = { kind: 'final' };
/** Whether a request does no more when it is sent twice (RFC 9110, 9.2.2). */
function isIdempotent(method) {
    return method !== 'POST' && method !== 'PATCH';
}
/** Decides what follows an attempt, by the rules of docs/how-it-works.md, "The call". */
function decideNext(attempt, history) {
    const repeatable = isIdempotent(history.method);
    if (!attempt.answered)
        return (0,_world_retry_js__WEBPACK_IMPORTED_MODULE_2__/* .isTransient */ .dg)(attempt) && (repeatable || !attempt.sent) ? again('the service may be starting') : FINAL;
    const { accepted, responder, status } = attempt;
    if (accepted)
        return { kind: 'passed' };
    switch (responder) {
        case 'front end':
            return decideOnRefusal(status, history);
        case 'infrastructure':
            return decideOnInfrastructure(status, repeatable, history);
        case 'iap':
        case 'gateway':
            return FINAL;
        case 'application':
            return decideOnAnswer(status, repeatable);
    }
}
/** The front end lets nothing through to the application, so that every method may be repeated. */
function decideOnRefusal(status, { renewed, refusedForMs, iamWaitMs }) {
    if (status === 401)
        return renewed ? FINAL : { kind: 'renew' };
    const windowMs = status === 403 ? iamWaitMs : FIRST_DEPLOYMENT_MS;
    const why = status === 403 ? 'a grant may take a while to act' : 'a first deployment may still be spreading';
    return refusedForMs < windowMs ? again(why, windowMs - refusedForMs) : FINAL;
}
/** What is not about the caller: settings that may just have been made, or a request that is never taken. */
function decideOnInfrastructure(status, repeatable, { refusedForMs }) {
    if ((0,_world_retry_js__WEBPACK_IMPORTED_MODULE_2__/* .isTransientStatus */ .Dm)(status))
        return decideOnAnswer(status, repeatable);
    return (status === 403 || status === 404) && refusedForMs < FIRST_DEPLOYMENT_MS
        ? again('a first deployment may still be spreading', FIRST_DEPLOYMENT_MS - refusedForMs)
        : FINAL;
}
function decideOnAnswer(status, repeatable) {
    if (!repeatable)
        return status === 429 || status === 503 ? again('the service is busy') : FINAL;
    if (status >= 300 && status < 400)
        return FINAL;
    if ((0,_world_retry_js__WEBPACK_IMPORTED_MODULE_2__/* .isTransientStatus */ .Dm)(status) || status === 425)
        return again('the service is busy');
    if (status >= 400 && status !== 404 && status !== 409)
        return FINAL;
    return again('an old revision may still be answering');
}
function again(why, withinMs = Number.POSITIVE_INFINITY) {
    return { kind: 'again', why, withinMs };
}


/***/ }),

/***/ 5475:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   F9: () => (/* binding */ lookUpRunService),
/* harmony export */   KR: () => (/* binding */ nameRunService)
/* harmony export */ });
/* unused harmony export readRunService */
/* harmony import */ var _world_retried_request_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5243);
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(887);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6530);
/* harmony import */ var _inputs_service_url_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(7306);
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(4592);





/** The service that a deterministic URL names: https://cloud.google.com/run/docs/triggering/https-request#deterministic */
function nameRunService(url) {
    if (!(0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_4__/* .isCloudRunUrl */ .AH)(url))
        return undefined;
    const [, name, project, region] = /^([a-z][a-z0-9-]*)-(\d{6,})\.([a-z0-9-]+)\.run\.app$/.exec((0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_4__/* .withoutTag */ .nb)(url).hostname) ?? [];
    return name === undefined || project === undefined || region === undefined ? undefined : { name, project, region };
}
/**
 * Asks the Cloud Run Admin API about a service, once: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services/get
 *
 * @param universe domain of the cloud's APIs
 * @param becomeCaller gets the access token, which needs `run.services.get` (roles/run.viewer)
 */
async function lookUpRunService(step, universe, { project, region, name }, becomeCaller) {
    try {
        const { token, principal, clientCertificate } = await becomeCaller();
        const url = new URL(`https://run.${universe}/v2/projects/${project}/locations/${region}/services/${name}`);
        const headers = { accept: 'application/json', authorization: token.asBearer() };
        const outcome = await (0,_world_retried_request_js__WEBPACK_IMPORTED_MODULE_0__/* .requestOnce */ .L)(step, { method: 'GET', url, headers, clientCertificate });
        if (!outcome.answered)
            return { kind: 'unknown', principal };
        const { json } = outcome;
        // A page has no such member: only the API itself says that there is no such service.
        if (outcome.status === 404 && (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .objectIn */ .D7)(json, 'error'), 'status') === 'NOT_FOUND')
            return { kind: 'missing' };
        const service = outcome.status === 200 && (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .isObject */ .Gv)(json) ? readRunService(json) : undefined;
        return service === undefined ? { kind: 'unknown', principal } : { kind: 'found', service };
    }
    catch (error) {
        // Without an access token nothing can be looked up, which is no failure of its own.
        if (error instanceof _failure_failure_js__WEBPACK_IMPORTED_MODULE_3__/* .Failure */ .HR)
            return { kind: 'unknown', principal: undefined };
        throw error;
    }
}
/**
 * Reads the Admin API's answer: https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services. As in all
 * of protobuf's JSON, a member that is false, zero or empty may be absent.
 *
 * @returns undefined where it describes no service
 */
function readRunService(json) {
    // Every service has a name and a state.
    if ((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(json, 'name') === undefined || !(0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .isObject */ .Gv)(json['terminalCondition']))
        return undefined;
    const condition = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .objectIn */ .D7)(json, 'terminalCondition');
    const newestReady = revisionIn(json, 'latestReadyRevision');
    const targets = listIn(json, 'trafficStatuses');
    const shares = targets.map((target) => ({
        revision: revisionIn(target, 'revision') ?? newestReady ?? '',
        percent: typeof target['percent'] === 'number' ? target['percent'] : 0,
        tag: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(target, 'tag') ?? '', 60)
    }));
    const state = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(condition, 'state');
    return {
        newest: revisionIn(json, 'latestCreatedRevision'),
        newestReady,
        followsNewest: listIn(json, 'traffic').some(({ type }) => type === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST'),
        served: shares.filter(({ percent }) => percent > 0),
        tags: shares.filter(({ tag }) => tag !== ''),
        isRollingOut: json['reconciling'] === true || (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(json, 'generation') !== (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(json, 'observedGeneration'),
        trouble: state === 'CONDITION_FAILED' ? (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(condition, 'message') ?? 'no reason is given', 300) : undefined,
        audiences: [...new Set([...textsIn(json, 'customAudiences'), ...textsIn(json, 'urls')])],
        ingress: nameIngress((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(json, 'ingress')),
        isInvokerCheckOff: json['invokerIamDisabled'] === true,
        isDefaultUrlOff: json['defaultUriDisabled'] === true
    };
}
function nameIngress(value = 'INGRESS_TRAFFIC_ALL') {
    if (value === 'INGRESS_TRAFFIC_ALL')
        return 'all';
    return value === 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER' ? 'internal-and-cloud-load-balancing' : 'internal';
}
/** `projects/…/revisions/NAME`, or the name alone. */
function revisionIn(json, member) {
    const name = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(json, member)?.split('/').at(-1);
    return name !== undefined && /^[a-z][a-z0-9-]{0,79}$/.test(name) ? name : undefined;
}
function listIn(json, member) {
    const value = json[member];
    return Array.isArray(value) ? value.filter(_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .isObject */ .Gv) : [];
}
function textsIn(json, member) {
    const value = json[member];
    const texts = Array.isArray(value) ? value : [];
    return texts.filter((text) => typeof text === 'string').map((text) => (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)(text, 200));
}


/***/ }),

/***/ 2962:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   h: () => (/* binding */ quote),
/* harmony export */   i: () => (/* binding */ saying)
/* harmony export */ });
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(887);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);


/** The answer in its own words, after its status. */
function quote(response) {
    return `${response.status} ${wordsOf(response, 200)}`.trim();
}
/** The beginning of what an answer says, as a part of a sentence; nothing where it says nothing. */
function saying(response) {
    const words = wordsOf(response, 120);
    return words === '' ? '' : ` ("${words}")`;
}
/** Of a page of HTML its text, of JSON its message where it has one. */
function wordsOf({ text: body }, maxLength) {
    const json = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .parseObject */ .lj)(body);
    const text = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)(json, 'error'), 'message') ??
        ['message', 'error_description', 'error', 'detail', 'title'].map((name) => (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(json, name)).find(Boolean) ??
        body;
    return (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .textOfPage */ .ch)(text), maxLength);
}


/***/ }),

/***/ 605:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   G9: () => (/* binding */ adviseOtherPath),
/* harmony export */   Mp: () => (/* binding */ tokenRejected),
/* harmony export */   RB: () => (/* binding */ invokerMissing),
/* harmony export */   eo: () => (/* binding */ notReached),
/* harmony export */   s7: () => (/* binding */ openIngress)
/* harmony export */ });
/* unused harmony export explainNotReached */
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _failure_perimeter_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(3117);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(6530);
/* harmony import */ var _inputs_audience_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(9639);
/* harmony import */ var _inputs_request_headers_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(6655);
/* harmony import */ var _inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__ = __nccwpck_require__(7306);
/* harmony import */ var _token_principal_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(35);
/* harmony import */ var _world_outcome_js__WEBPACK_IMPORTED_MODULE_7__ = __nccwpck_require__(312);
/* harmony import */ var _failed_call_js__WEBPACK_IMPORTED_MODULE_8__ = __nccwpck_require__(2962);
/* harmony import */ var _cloud_run_service_js__WEBPACK_IMPORTED_MODULE_9__ = __nccwpck_require__(5475);
/* harmony import */ var _gcloud_js__WEBPACK_IMPORTED_MODULE_10__ = __nccwpck_require__(3834);












/** A 401: the token is not one for this service. */
function tokenRejected({ call, token }, response) {
    const rejected = `Google's front end rejected the token for audience ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(token.audience)} at ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(call.url)} (401)`;
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'TOKEN_REJECTED',
        happened: `${rejected}.`,
        ...explainRejection(rejected, call.url, token),
        answer: (0,_failed_call_js__WEBPACK_IMPORTED_MODULE_8__/* .quote */ .h)(response)
    });
}
const WHAT_401_MEANS = 'A 401 means that the token was rejected; a missing role gives 403.';
function explainRejection(rejected, url, { audience, email }) {
    const suggested = (0,_inputs_audience_js__WEBPACK_IMPORTED_MODULE_4__/* .findAudience */ .ot)(url);
    const accepted = (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeService */ .Jv)((0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .ownUrl */ .yG)(url, audience));
    if ((0,_token_principal_js__WEBPACK_IMPORTED_MODULE_6__/* .isPerson */ .KA)(email) && (0,_inputs_request_headers_js__WEBPACK_IMPORTED_MODULE_5__/* .isOAuthClient */ .L_)(audience)) {
        return {
            sentence: `${rejected}: the token is a person's (${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(email)}), and this service does not take such tokens.`,
            remedy: 'Set service_account, so that the token is for the service.',
            snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
        };
    }
    if (suggested === undefined) {
        return {
            sentence: `${rejected}: that is not an audience of the service, which a custom domain or load balancer does not tell.`,
            cause: WHAT_401_MEANS,
            remedy: `Set audience to the *.run.app URL of the service behind ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host)}, or to a custom audience of that service, exactly.`,
            snippets: [
                (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see the URL of each service', _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .LIST_SERVICES */ .y3),
                (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app'),
                accepted
            ]
        };
    }
    if (suggested === audience) {
        return {
            sentence: `${rejected}, although the URL suggests this audience.`,
            cause: `A second token came along in another header, or there is no such service. ${WHAT_401_MEANS}`,
            remedy: 'Compare url with the URLs of the service, and leave other tokens out of headers.',
            snippets: accepted
        };
    }
    return {
        sentence: `${rejected}; going by its URL, the service expects the audience ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(suggested)}.`,
        cause: WHAT_401_MEANS,
        remedy: `Leave audience empty, or set audience to ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(suggested)}.`,
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)(`audience: ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(suggested)}`), accepted]
    };
}
/** A 403 to a good token: its identity is no invoker, or a perimeter keeps it out. */
function invokerMissing(failed, response) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({ code: 'INVOKER_MISSING', ...explainRefusal(failed, response), answer: (0,_failed_call_js__WEBPACK_IMPORTED_MODULE_8__/* .quote */ .h)(response) });
}
function explainRefusal({ call, token, attempts }, response) {
    const who = (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(token.email) || 'The identity';
    const refused = `403 of Google's front end${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_7__/* .inAttempts */ .yy)(attempts)}`;
    const service = (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .ownUrl */ .yG)(call.url, token.audience);
    const { kind, name, flags } = (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeTarget */ .ff)(service);
    const number = (0,_cloud_run_service_js__WEBPACK_IMPORTED_MODULE_9__/* .nameRunService */ .KR)(service)?.project;
    if ((0,_failure_perimeter_js__WEBPACK_IMPORTED_MODULE_1__/* .isPerimeter */ .k7)(response.text)) {
        return (0,_failure_perimeter_js__WEBPACK_IMPORTED_MODULE_1__/* .explainPerimeter */ .RN)(`VPC Service Controls keep ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(token.email) || 'the identity'} out of ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(call.url)} (${refused})`, "the service's project", response.text, number === undefined ? undefined : (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .projectById */ .k_)(number));
    }
    if (call.headers.tokenHeader === 'Proxy-Authorization') {
        return {
            sentence: `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(call.url)} saw no token (${refused}): Cloud Run does not read Proxy-Authorization, which is for Identity-Aware Proxy.`,
            remedy: 'Set token_header to X-Serverless-Authorization, or leave token_header empty.',
            snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('token_header: X-Serverless-Authorization')]
        };
    }
    if (number !== undefined && (0,_inputs_request_headers_js__WEBPACK_IMPORTED_MODULE_5__/* .isOAuthClient */ .L_)(token.audience) && !(0,_token_principal_js__WEBPACK_IMPORTED_MODULE_6__/* .isPerson */ .KA)(token.email)) {
        // Cloud Run would answer 401 to such an audience; https://cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run
        const agent = `serviceAccount:service-${number}@gcp-sa-iap.iam.gserviceaccount.com`;
        return {
            sentence: `Identity-Aware Proxy let ${who} through, but IAP's own account is not allowed to invoke ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(call.url)} (${refused}).`,
            remedy: `Grant roles/run.invoker on the service ${name} to ${agent}, and wait some minutes.`,
            snippets: grantInvoker(service, agent)
        };
    }
    const member = (0,_token_principal_js__WEBPACK_IMPORTED_MODULE_6__/* .memberOf */ .C5)(token.email);
    const role = kind === 'service' ? 'roles/run.invoker' : "the invoker's role";
    return {
        sentence: `${who} is not allowed to invoke ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(call.url)} (${refused}).`,
        cause: `The token is fine, but its identity lacks ${role} on the ${kind} ${name}, or got the role so lately that it does not act yet (iam_wait: ${call.iamWaitMs / 1000} s), or a condition of the grant does not match this host or path.`,
        remedy: `Grant ${role} on the ${kind} ${name} to ${member}, and wait some minutes.`,
        snippets: [
            grantInvoker(service, member),
            kind === 'service' &&
                (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see who may invoke, and on which conditions', `gcloud run services get-iam-policy ${name}${flags}`),
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inYaml */ .$7)('Only where the grant is some minutes old at most, in this step under "with"', 'iam_wait: 5m', 'deadline: 7m')
        ]
    };
}
function grantInvoker(service, member) {
    return [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('grant the role', (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .updateInvokers */ .HC)(service, 'add', member)), ...(0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeTarget */ .ff)(service).search];
}
/** A 404 that the application never saw. */
function notReached({ call, token, exists }, response) {
    const answered = `Google's front end answered ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(call.url)} with 404, before the application`;
    const service = (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .ownUrl */ .yG)(call.url, token.audience);
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'NOT_REACHED',
        ...explainNotReached({ ...call, service, text: response.text, exists, answered }),
        answer: (0,_failed_call_js__WEBPACK_IMPORTED_MODULE_8__/* .quote */ .h)(response)
    });
}
function explainNotReached(facts) {
    return (0,_failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .explainBy */ .H$)(NOT_REACHED, facts);
}
const NOT_REACHED = [
    { when: ({ text }) => text.startsWith('response 404 (backend NotFound)'), explain: noBackend },
    { when: ({ url }) => (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__/* .isFunctionUrl */ .MS)(url), explain: noFunction },
    { when: ({ url }) => !(0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__/* .isCloudRunUrl */ .AH)(url), explain: domainLeadsNowhere },
    { when: ({ url }) => (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__/* .findReservation */ .kp)(url) === 'certain', explain: reservedPath },
    { when: ({ tag, exists }) => tag !== undefined && exists !== false, explain: noTag },
    { when: ({ exists }) => exists === true, explain: probablyReservedPath },
    {
        when: ({ url, exists }) => exists === undefined && (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__/* .findReservation */ .kp)(url) === 'possible',
        explain: probablyReservedPath
    },
    { when: () => true, explain: unreachableService }
];
function noBackend({ url, answered }) {
    return {
        sentence: `${answered}: the load balancer has no backend for ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host)} and the path ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.pathname)}.`,
        remedy: `Give the URL map of the load balancer a backend for ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host)}${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.pathname)}.`,
        snippets: [
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see the URL map; the first command shows URL_MAP', 'gcloud compute url-maps list --project=PROJECT', 'gcloud compute url-maps describe URL_MAP --global --project=PROJECT')
        ]
    };
}
function noFunction({ url, answered }) {
    const { region, project } = (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__/* .placeOfFunction */ .vf)(url);
    return {
        sentence: `${answered}: there is no function ${(0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeTarget */ .ff)(url).name} in ${region} of project ${project}, or its ingress admits internal traffic only.`,
        remedy: 'Check the name of the function, region and project in url; NOT_FOUND means that a name is wrong.',
        snippets: [
            (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeService */ .Jv)(url),
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see the functions of the project', `gcloud functions list --project=${project}`)
        ]
    };
}
function domainLeadsNowhere({ url, service, answered }) {
    return {
        sentence: `${answered}: the domain ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host)} leads to no service, or the ingress of the service admits internal traffic only.`,
        remedy: `Check the domain mapping or load balancer of ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host)}, and the ingress of the service behind the domain.`,
        snippets: [
            (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeService */ .Jv)(service),
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see the domain mappings', 'gcloud beta run domain-mappings list --region=REGION --project=PROJECT'),
            openIngress(service)
        ]
    };
}
function reservedPath({ url, answered }) {
    return {
        sentence: `${answered}: the path ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.pathname)} is reserved by Google on *.run.app.`,
        ...adviseOtherPath(url)
    };
}
/** What to do about a path that Google keeps to itself. */
function adviseOtherPath(url) {
    return {
        remedy: 'Serve the check under another path, such as /health, and set url to that.',
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)(`url: ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.origin)}/health`)]
    };
}
function noTag({ url, tag = '', exists, answered }) {
    const { name, flags } = (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeTarget */ .ff)(url);
    const certain = exists === true && (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_11__/* .findReservation */ .kp)(url) === undefined;
    return {
        sentence: `${answered}: ${exists === true ? 'the service itself exists, and ' : ''}${certain ? '' : 'most likely '}${name === 'SERVICE' ? 'the service' : name} has no traffic tag ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(tag)}.`,
        cause: certain
            ? 'A call of the service without the tag was refused for the missing token, as it has to be.'
            : 'Other causes: a reserved path, ingress for internal traffic only, a disabled run.app URL, or no such service here.',
        remedy: `Deploy with the tag ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(tag)}, or set tag to one that the service has.`,
        snippets: [
            (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeService */ .Jv)(url),
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .onlyWhere */ .OJ)(`status.traffic has no tag ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(tag)}; the first command shows REVISION`, `gcloud run revisions list --service=${name}${flags}`, `gcloud run services update-traffic ${name}${flags} --update-tags=${(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .shellWord */ .r7)(`${tag}=REVISION`)}`)
        ]
    };
}
function probablyReservedPath({ url, exists, answered }) {
    const { remedy, snippets } = adviseOtherPath(url);
    return {
        sentence: `${answered}: ${exists === true ? 'the service itself exists, and' : 'most likely'} the path ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.pathname)} is reserved by Google on *.run.app.`,
        cause: 'Google advises against paths that end in z, /eventlog and /_ah/. Where another path fails too, look at ingress, URL and traffic tags of the service.',
        remedy,
        snippets: [snippets, (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeService */ .Jv)(url)]
    };
}
function unreachableService({ url, tag, answered }) {
    const { name } = (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeTarget */ .ff)(url);
    const region = /\.([a-z0-9-]+)\.run\.app$/.exec(url.hostname)?.[1];
    const where = region === undefined || region === 'a' ? 'here' : `in ${region}`;
    return {
        sentence: `${answered}: most likely its ingress admits internal traffic only, its run.app URL is disabled, or there is no service ${name === 'SERVICE' ? 'of that name' : name} ${where}.`,
        cause: `Where none of these holds, VPC Service Controls keep the call out${tag === undefined ? '' : ', or the tag does not exist'}.`,
        remedy: 'See ingress and URLs of the service; NOT_FOUND means that url names no service.',
        snippets: [(0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .describeService */ .Jv)(url), openIngress(url), enableUrl(url)]
    };
}
/** https://cloud.google.com/run/docs/securing/ingress */
function openIngress(url) {
    return (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .onlyWhere */ .OJ)('run.googleapis.com/ingress says internal, and need not (open or not, the invoker check stays)', (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .updateCommand */ .hi)(url, '--ingress=all'));
}
/** https://cloud.google.com/run/docs/securing/ingress#disable-url; stable gcloud took the flag later than beta. */
function enableUrl(url) {
    return (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .onlyWhere */ .OJ)('run.googleapis.com/default-url-disabled says true, and need not (else call its custom domain)', (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_10__/* .updateCommand */ .hi)(url, '--default-url', 'beta '));
}


/***/ }),

/***/ 3834:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   HC: () => (/* binding */ updateInvokers),
/* harmony export */   Jv: () => (/* binding */ describeService),
/* harmony export */   cS: () => (/* binding */ showLog),
/* harmony export */   ff: () => (/* binding */ describeTarget),
/* harmony export */   hi: () => (/* binding */ updateCommand),
/* harmony export */   yG: () => (/* binding */ ownUrl)
/* harmony export */ });
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1926);
/* harmony import */ var _inputs_service_url_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(7306);
/* harmony import */ var _cloud_run_service_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5475);



function describeTarget(url) {
    return (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_2__/* .isFunctionUrl */ .MS)(url) ? describeFunction(url) : describeRunService(url);
}
/** https://cloud.google.com/run/docs/triggering/https-request#url */
function describeRunService(url) {
    const { project, region, name } = (0,_cloud_run_service_js__WEBPACK_IMPORTED_MODULE_1__/* .nameRunService */ .KR)(url) ?? {};
    if (project !== undefined && region !== undefined && name !== undefined)
        return { kind: 'service', name, flags: ` --region=${region} --project=${(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .projectById */ .k_)(project)}`, search: [] };
    // SERVICE-HASH-REGION_CODE.a.run.app; the code is not the region's name, and the project is not in it.
    const [, known] = /^([a-z][a-z0-9-]*)-[a-z0-9]{10}-[a-z]{2}\.a\.run\.app$/.exec((0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_2__/* .withoutTag */ .nb)(url).hostname) ?? [];
    const what = known === undefined ? 'SERVICE and REGION' : 'REGION';
    const filter = known === undefined ? '' : ` --filter="metadata.name=${known}"`;
    return {
        kind: 'service',
        name: known ?? 'SERVICE',
        flags: ' --region=REGION --project=PROJECT',
        search: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inTerminal */ .e5)(`learn ${what} of the service`, `gcloud run services list --project=PROJECT${filter}`)]
    };
}
/** `https://REGION-PROJECT.cloudfunctions.net/FUNCTION` */
function describeFunction(url) {
    const { region, project } = (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_2__/* .placeOfFunction */ .vf)(url);
    const [, name = 'FUNCTION'] = /^\/([A-Za-z][\w-]*)(?:\/|$)/.exec(url.pathname) ?? [];
    return { kind: 'function', name, flags: ` --region=${region} --project=${project}`, search: [] };
}
/**
 * The URL that names the service: its own, or the audience where a custom domain or load balancer is called.
 *
 * @param audience of the token
 */
function ownUrl(url, audience) {
    const isOwn = (each) => (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_2__/* .isCloudRunUrl */ .AH)(each) || (0,_inputs_service_url_js__WEBPACK_IMPORTED_MODULE_2__/* .isFunctionUrl */ .MS)(each);
    return !isOwn(url) && URL.canParse(audience) && isOwn(new URL(audience)) ? new URL(audience) : url;
}
/** The command that shows the log of what is behind a URL. */
function showLog(url) {
    const { kind, name, flags, search } = describeTarget(url);
    const group = kind === 'function' ? 'functions' : 'run services';
    return [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inTerminal */ .e5)("see the service's log", `gcloud ${group} logs read ${name}${flags} --limit=50`), ...search];
}
/** The command that shows ingress, URLs, audiences and tags of what is behind a URL. */
function describeService(url) {
    const { kind, name, flags, search } = describeTarget(url);
    if (kind === 'function')
        return [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inTerminal */ .e5)('see the function', `gcloud functions describe ${name}${flags}`)];
    return [
        (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inTerminal */ .e5)('see ingress, URLs, audiences and tags of the service', `gcloud run services describe ${name}${flags} --format="yaml(metadata.annotations, status.url, status.traffic)"`),
        ...search
    ];
}
/** The command that gives or takes the right to invoke what is behind a URL. */
function updateInvokers(url, change, member) {
    const { kind, name, flags } = describeTarget(url);
    const who = `${name}${flags} --member=${(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .shellWord */ .r7)(member)}`;
    return kind === 'function'
        ? `gcloud functions ${change}-invoker-policy-binding ${who}`
        : `gcloud run services ${change}-iam-policy-binding ${who} --role=roles/run.invoker`;
}
/** The command that changes a setting of a Cloud Run service. @param release `beta ` where stable gcloud lacks the flag */
function updateCommand(url, flag, release = '') {
    const { name, flags } = describeTarget(url);
    return `gcloud ${release}run services update ${name}${flags} ${flag}`;
}


/***/ }),

/***/ 4759:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   h: () => (/* binding */ refusedBeforehand)
/* harmony export */ });
/* unused harmony export explainInfrastructure */
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6530);
/* harmony import */ var _world_outcome_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(312);
/* harmony import */ var _failed_call_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(2962);
/* harmony import */ var _front_end_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(605);
/* harmony import */ var _gcloud_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(3834);







/** Google refused before the service could answer, for a reason that is not the caller. */
function refusedBeforehand({ call, token }, response) {
    const { status, text } = response;
    const refused = `Google answered ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeUrl */ .Pl)(call.url)} with ${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_3__/* .describeStatus */ .Wn)(status)} before the call reached the service`;
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'NOT_REACHED',
        ...explainInfrastructure(refused, (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_6__/* .ownUrl */ .yG)(call.url, token.audience), status, text),
        answer: (0,_failed_call_js__WEBPACK_IMPORTED_MODULE_4__/* .quote */ .h)(response)
    });
}
/**
 * @param refused what Google did, as the beginning of a sentence
 * @param service whose URL tells what its commands need
 */
function explainInfrastructure(refused, service, status, text) {
    if (text.includes('Access is forbidden.')) {
        return {
            sentence: `${refused}: the ingress of the service admits internal traffic only.`,
            cause: 'This call came from elsewhere; no token changes that.',
            remedy: 'Call the service through the load balancer or from inside the network, or open the ingress.',
            snippets: [(0,_gcloud_js__WEBPACK_IMPORTED_MODULE_6__/* .describeService */ .Jv)(service), (0,_front_end_js__WEBPACK_IMPORTED_MODULE_5__/* .openIngress */ .s7)(service)]
        };
    }
    if (status === 403 || status === 404) {
        return {
            sentence: `${refused}: a security policy (Cloud Armor) of the load balancer of ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)(service.host)} denied the call.`,
            cause: "Most policies look at the caller's address; no token changes that.",
            remedy: 'Let a rule of the security policy allow the addresses of the runner.',
            snippets: [
                (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__/* .inTerminal */ .e5)('see the rules; the first command shows POLICY', 'gcloud compute security-policies list --project=PROJECT', 'gcloud compute security-policies describe POLICY --project=PROJECT')
            ]
        };
    }
    const [why, remedy] = REQUESTS[status] ?? OTHER_REQUEST;
    return { sentence: `${refused}: ${why}.`, remedy };
}
const OTHER_REQUEST = ["Google's front end takes no such request", 'Change method, headers or body of the call.'];
/** https://cloud.google.com/run/quotas#request_limits */
const REQUESTS = {
    400: [
        "Google's front end, or a security policy of the load balancer, takes the request for malformed",
        'Look for odd characters in url and headers, or ask who made the security policy.'
    ],
    411: ['a request with this method needs a body', 'Set body, or another method.'],
    413: ["the body is larger than Google's front end takes, 32 MiB over HTTP/1", 'Send a smaller body.'],
    414: ['the URL is longer than the front end takes', 'Shorten url, or send what is in the query as body.'],
    431: ['the headers are larger than the front end takes', 'Send fewer or shorter headers.']
};


/***/ }),

/***/ 2038:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Mo: () => (/* binding */ adviseOnOverload),
/* harmony export */   au: () => (/* binding */ noUsableAnswer),
/* harmony export */   cz: () => (/* binding */ adviseOnce)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2456);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(6530);
/* harmony import */ var _world_outcome_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(312);
/* harmony import */ var _attempts_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(3752);
/* harmony import */ var _gcloud_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(3834);







/**
 * No answer came until there was no time for another attempt.
 *
 * @param method of the call that decides
 */
function noUsableAnswer(url, last, attempts, how, method = 'GET') {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: !last.answered && last.timedOut ? 'TIMED_OUT' : 'SERVICE_UNAVAILABLE',
        sentence: `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(url)} gave no usable answer to the call ${how}: ${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_4__/* .describeOutcome */ .SS)(last)}${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_4__/* .inAttempts */ .yy)(attempts)}.`,
        ...explain(url, last, method)
    });
}
/** Why a call that may have acted was not sent again. @param slow whether the answer took too long */
function adviseOnce(method, url, slow = false) {
    return {
        remedy: `The ${method} was not repeated, because the application may have acted upon the call: see in the service's log whether the ${method} acted, and run the step again${slow ? ' with a longer input timeout' : ''} only if a second ${method} does no harm.`,
        snippets: (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_6__/* .showLog */ .cS)(url)
    };
}
/** The service answered that it is not available. */
function adviseOnOverload(url) {
    return {
        cause: 'The service starts, is overloaded or fails.',
        remedy: "Look at the service's log; raise the input deadline if the service needs longer to start.",
        snippets: [(0,_gcloud_js__WEBPACK_IMPORTED_MODULE_6__/* .showLog */ .cS)(url), (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('deadline: 10m')]
    };
}
function explain(url, last, method) {
    if (last.answered)
        return adviseOnOverload(url);
    if (last.trouble !== 'connection')
        return (0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainNoAnswer */ .n)(last, url);
    if (last.sent && !(0,_attempts_js__WEBPACK_IMPORTED_MODULE_5__/* .isIdempotent */ .ky)(method))
        return adviseOnce(method, url, last.timedOut);
    if (last.timedOut) {
        return {
            cause: 'The service needs longer than timeout or deadline allows, or starts slowly.',
            remedy: 'Raise timeout and deadline, or look at what the service does.',
            snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('timeout: 2m', 'deadline: 10m'), (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_6__/* .showLog */ .cS)(url)]
        };
    }
    return last.sent
        ? {
            cause: 'The service, or what stands before the service, closed the connection in the middle of its answer.',
            remedy: "Look at the service's log: the container may have crashed, or may speak another protocol.",
            snippets: (0,_gcloud_js__WEBPACK_IMPORTED_MODULE_6__/* .showLog */ .cS)(url)
        }
        : (0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainNoAnswer */ .n)(last, url);
}


/***/ }),

/***/ 6458:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Q: () => (/* binding */ callFailed)
});

// EXTERNAL MODULE: ./src/call/verdicts.ts + 2 modules
var call_verdicts = __nccwpck_require__(2007);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/inputs/service-url.ts
var service_url = __nccwpck_require__(7306);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/call/attempts.ts
var attempts = __nccwpck_require__(3752);
// EXTERNAL MODULE: ./src/call/failures/failed-call.ts
var failed_call = __nccwpck_require__(2962);
// EXTERNAL MODULE: ./src/call/failures/gcloud.ts
var gcloud = __nccwpck_require__(3834);
// EXTERNAL MODULE: ./src/call/failures/no-answer.ts
var no_answer = __nccwpck_require__(2038);
// EXTERNAL MODULE: ./src/failure/snippets.ts
var snippets = __nccwpck_require__(1926);
;// CONCATENATED MODULE: ./src/call/failures/application.ts










/** An annotation has 4096 characters, and a miss can be some hundred long; the details name every one. */
const MOST_MISSES_IN_SENTENCE = 3;
/** The application answered, and not as expected. */
function applicationFailed(failed, response) {
    const { call, token, attempts } = failed;
    const { status, verdicts } = response;
    const details = verdicts.map(call_verdicts/* describeVerdict */.XZ);
    const statusMissed = !(0,call_verdicts/* isStatusMet */.XM)(verdicts);
    if (statusMissed && status >= 300 && status < 400)
        return redirected(call.url, response, details);
    if (statusMissed && (status === 429 || status >= 500))
        return unavailable(failed, response);
    return new failure/* Failure */.HR({
        code: 'EXPECTATION_FAILED',
        sentence: `${(0,safe_text/* safeUrl */.Pl)(call.url)} answered, but not as expected${(0,outcome/* inAttempts */.yy)(attempts)}: ${describeMisses(verdicts)}${isQuoted(verdicts) ? '' : (0,failed_call/* saying */.i)(response)}.`,
        ...explainAnswer(call, (0,gcloud/* ownUrl */.yG)(call.url, token.audience), response, statusMissed),
        details,
        answer: (0,failed_call/* quote */.h)(response)
    });
}
/** The service, or what stands before it, answered that it cannot answer now. */
function unavailable({ call, token, attempts }, response) {
    const byGoogle = response.responder === 'application' ? '' : "; the answer is Google's, not the application's";
    return new failure/* Failure */.HR({
        code: 'SERVICE_UNAVAILABLE',
        sentence: `${(0,safe_text/* safeUrl */.Pl)(call.url)} answered ${(0,outcome/* describeStatus */.Wn)(response.status)}${(0,failed_call/* saying */.i)(response)}${(0,outcome/* inAttempts */.yy)(attempts)}${byGoogle}.`,
        ...explainUnavailable(call, (0,gcloud/* ownUrl */.yG)(call.url, token.audience), response),
        // What Google answers in the service's place is not held against the expectations.
        details: response.responder === 'application' ? response.verdicts.map(call_verdicts/* describeVerdict */.XZ) : [],
        answer: (0,failed_call/* quote */.h)(response)
    });
}
/** Whether a missed expectation quotes the body already. */
function isQuoted(verdicts) {
    return verdicts.some(({ met, input }) => !met && (input === 'expect_body' || input === 'expect_json'));
}
function describeMisses(verdicts) {
    const missed = verdicts.filter(({ met }) => !met).map(call_verdicts/* describeMiss */.gx);
    const more = missed.length - MOST_MISSES_IN_SENTENCE;
    return [...missed.slice(0, MOST_MISSES_IN_SENTENCE), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
function redirected(url, response, details) {
    const { status } = response;
    const location = (0,safe_text/* safeText */.Hk)(response.headers['location'] ?? '');
    const target = findTarget(url, location);
    const listed = `list ${status} in expect_status where the redirect is what you test`;
    return new failure/* Failure */.HR({
        code: 'REDIRECTED',
        sentence: `${(0,safe_text/* safeUrl */.Pl)(url)} answered ${(0,outcome/* describeStatus */.Wn)(status)}, to ${location || 'nowhere'}, and redirects are never followed.`,
        cause: 'A redirect would carry the token elsewhere, or end on a sign-in page that looks like success.',
        remedy: isSignIn(location)
            ? `The application asks callers to sign in: put the credential that the application accepts into the input headers, call a path that needs no sign-in, or ${listed}.`
            : target === undefined
                ? `${(0,failure/* capital */.Nx)(listed)}.`
                : `Set url to ${(0,safe_text/* safeUrl */.Pl)(target)}, or ${listed}.`,
        snippets: [
            target !== undefined && !isSignIn(location) && (0,snippets/* inStep */.qg)(`url: ${(0,safe_text/* safeUrl */.Pl)(target)}`),
            (0,snippets/* inYaml */.$7)('Or, where the redirect is what you test, in this step under "with"', `expect_status: ${status}`)
        ],
        details
    });
}
/** A sign-in page answers 200 to everyone, so that a call of it would check nothing. */
function isSignIn(location) {
    return /\b(?:log|sign)[-_]?in\b|\/(?:oauth2?|sso|saml)\b|\/authorize\b/i.test(location);
}
/** Where a redirect leads, as far as a call may go there: an application behind TLS may write http for its own host. */
function findTarget(url, location) {
    if (location === '' || !URL.canParse(location, url.href))
        return undefined;
    const target = new URL(location, url.href);
    if (target.host === url.host)
        target.protocol = url.protocol;
    return target.protocol === 'https:' && target.href !== url.href ? target : undefined;
}
function explainUnavailable({ method }, service, { status, text }) {
    // Envoy, on which Google's application load balancers are built, says so where no backend can answer.
    if (/^\s*no healthy upstream\s*$/.test(text)) {
        return {
            cause: 'The load balancer has no healthy backend behind it ("no healthy upstream").',
            remedy: "Look at the load balancer's backends and their health checks.",
            snippets: [
                (0,snippets/* inTerminal */.e5)('see the health of the backends; the first command shows BACKEND', 'gcloud compute backend-services list --project=PROJECT', 'gcloud compute backend-services get-health BACKEND --global --project=PROJECT')
            ]
        };
    }
    if (!(0,attempts/* isIdempotent */.ky)(method) && status !== 429 && status !== 503)
        return (0,no_answer/* adviseOnce */.cz)(method, service);
    if (text.includes('no available instance') || status === 429) {
        return {
            cause: 'No instance of the service is free: it starts slowly, or its limit of instances is reached.',
            remedy: 'Raise deadline, or give the service more instances (--max-instances), or a minimum of one.',
            snippets: [(0,snippets/* inStep */.qg)('deadline: 10m'), giveInstances(service), (0,gcloud/* showLog */.cS)(service)]
        };
    }
    return (0,no_answer/* adviseOnOverload */.Mo)(service);
}
function explainAnswer({ url, method, headers }, service, response, statusMissed) {
    const { status } = response;
    if (statusMissed && (status === 401 || status === 403)) {
        const { tokenHeader } = headers;
        return {
            cause: "Google let the call through; the application's own access control refused it.",
            remedy: `Google let the call through, and the application refused: give the application the credential for this path in headers; Google's token travelled in ${(0,safe_text/* safeText */.Hk)(tokenHeader)}.`,
            snippets: [
                tokenHeader === 'Authorization'
                    ? (0,snippets/* inYaml */.$7)('In this step, under "with"; Google\'s token then travels in X-Serverless-Authorization', 'headers: |', '  Authorization: Bearer ${{ secrets.APPLICATION_TOKEN }}')
                    : (0,snippets/* inYaml */.$7)('In this step, under "with", in the header that the application reads', 'headers: |', '  X-Api-Key: ${{ secrets.API_KEY }}'),
                (0,gcloud/* showLog */.cS)(service)
            ]
        };
    }
    if (statusMissed && status === 404) {
        return {
            cause: `The application does not know ${(0,safe_text/* safeText */.Hk)(url.pathname)}, or an old revision without this path still answers.`,
            remedy: `Fix the path ${(0,safe_text/* safeText */.Hk)(url.pathname)} in url, or see to which revision the traffic goes.`,
            snippets: [(0,gcloud/* describeService */.Jv)(service), (0,gcloud/* showLog */.cS)(service)]
        };
    }
    const inputs = listInputs(response.verdicts);
    return {
        cause: `The application gave another answer than the workflow expects${!(0,attempts/* isIdempotent */.ky)(method) ? `; a ${method} is not repeated, because the application may have acted` : ', or an old revision still answers'}.`,
        remedy: statusMissed && status >= 400
            ? `Correct what the step sends (url, method, headers, body), or look at the service's log; change ${inputs} only if ${status} is what you test.`
            : `Change ${inputs} if the answer is right; if the answer is wrong, look at the service's log.`,
        snippets: (0,gcloud/* showLog */.cS)(service)
    };
}
/** The inputs whose expectations were missed. */
function listInputs(verdicts) {
    const missed = verdicts.filter(({ met }) => !met).map(({ input }) => input);
    return [...new Set(missed)].join(' and ');
}
/** https://cloud.google.com/run/docs/configuring/max-instances */
function giveInstances(service) {
    if (!(0,service_url/* isCloudRunUrl */.AH)(service))
        return [];
    const { name, flags } = (0,gcloud/* describeTarget */.ff)(service);
    return [
        (0,snippets/* inTerminal */.e5)('see the limit of instances (maxScale)', `gcloud run services describe ${name}${flags} --format="yaml(spec.template.metadata.annotations)"`),
        (0,snippets/* onlyWhere */.OJ)('an instance may cost while it waits for calls', (0,gcloud/* updateCommand */.hi)(service, '--min-instances=1'))
    ];
}

// EXTERNAL MODULE: ./src/call/failures/front-end.ts
var front_end = __nccwpck_require__(605);
// EXTERNAL MODULE: ./src/call/failures/infrastructure.ts
var infrastructure = __nccwpck_require__(4759);
;// CONCATENATED MODULE: ./src/call/failures/gateway.ts




/** API Gateway, Endpoints or Envoy refused: told apart by its words. https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt */
function gatewayRejected({ call, token }, response) {
    const audience = (0,safe_text/* safeText */.Hk)(token.audience);
    const answer = (0,failed_call/* quote */.h)(response);
    return new failure/* Failure */.HR({
        code: 'GATEWAY_REJECTED',
        sentence: `The API gateway at ${(0,safe_text/* safeUrl */.Pl)(call.url)} refused the token for audience ${audience}: ${answer.replace(/\.+$/, '')}.`,
        ...explain(response.text, audience, call.headers.tokenHeader),
        answer
    });
}
function explain(text, audience, tokenHeader) {
    const deploy = [defineSecurity(audience), DEPLOY];
    if (/Audiences in Jwt/i.test(text)) {
        return {
            cause: `${audience} is not among the gateway's x-google-audiences.`,
            remedy: `Set audience to a value of x-google-audiences in the gateway's OpenAPI document, or add ${audience} there and deploy the gateway again.`,
            snippets: deploy
        };
    }
    if (/issuer/i.test(text)) {
        return {
            cause: "The gateway's OpenAPI document does not name Google as an issuer.",
            remedy: "Add x-google-issuer: https://accounts.google.com to the gateway's OpenAPI document, and deploy the gateway again.",
            snippets: deploy
        };
    }
    if (/Jwt is missing/i.test(text) && tokenHeader === 'Authorization') {
        return {
            cause: 'The gateway saw no token, though it travelled in Authorization: something before the gateway took the header out, or its document names another place (x-google-jwt-locations).',
            remedy: "Take x-google-jwt-locations out of the gateway's OpenAPI document, or let x-google-jwt-locations name Authorization.",
            snippets: [
                inDocument('x-google-jwt-locations:', '  - header: Authorization', '    value_prefix: "Bearer "'),
                DEPLOY
            ]
        };
    }
    if (/Jwt is missing/i.test(text)) {
        return {
            cause: `The gateway looks for the token in Authorization; it travelled in ${(0,safe_text/* safeText */.Hk)(tokenHeader)}.`,
            remedy: `Set token_header to Authorization instead of ${(0,safe_text/* safeText */.Hk)(tokenHeader)}, and leave Authorization out of headers.`,
            snippets: [(0,snippets/* inStep */.qg)('token_header: Authorization')]
        };
    }
    if (/Jwt is expired|not yet valid/i.test(text)) {
        return {
            cause: "The gateway's clock differs from Google's, or headers carry an old token.",
            remedy: 'Set the clock of the machine on which the gateway runs, and leave other tokens out of headers.',
            snippets: [(0,snippets/* onRunner */.o)('compare the clock with that of the gateway', 'date -u')]
        };
    }
    if (/verif|jwks|signature/i.test(text)) {
        return {
            cause: "The keys at the gateway's x-google-jwks_uri are not those with which Google signs ID tokens.",
            remedy: "Set x-google-jwks_uri in the gateway's OpenAPI document to https://www.googleapis.com/oauth2/v3/certs, and deploy the gateway again.",
            snippets: deploy
        };
    }
    return {
        cause: 'The gateway wants more than this token, such as an API key, or another security definition.',
        remedy: "Send an API key in headers if the gateway wants one, or let the gateway's OpenAPI document take Google ID tokens.",
        snippets: [(0,snippets/* inStep */.qg)('headers: |', '  X-Api-Key: ${{ secrets.API_KEY }}'), ...deploy]
    };
}
/** https://cloud.google.com/api-gateway/docs/deploying-api */
const DEPLOY = (0,snippets/* inTerminal */.e5)('deploy the gateway again; the first command shows GATEWAY, LOCATION and API', 'gcloud api-gateway gateways list --project=PROJECT', 'gcloud api-gateway api-configs create NEW_CONFIG --api=API --openapi-spec=openapi.yaml --project=PROJECT', 'gcloud api-gateway gateways update GATEWAY --location=LOCATION --api=API --api-config=NEW_CONFIG --project=PROJECT');
/** OpenAPI 2 wants every one of these members: https://cloud.google.com/api-gateway/docs/authenticating-users-googleid */
function defineSecurity(audience) {
    return inDocument('securityDefinitions:', '  google_id_token:', '    authorizationUrl: ""', '    flow: implicit', '    type: oauth2', '    x-google-issuer: https://accounts.google.com', '    x-google-jwks_uri: https://www.googleapis.com/oauth2/v3/certs', `    x-google-audiences: ${/^[\w:/.-]+$/.test(audience) ? audience : JSON.stringify(audience)}`, 'security:', '  - google_id_token: []');
}
function inDocument(...lines) {
    return (0,snippets/* inYaml */.$7)("In the gateway's OpenAPI document", ...lines);
}

// EXTERNAL MODULE: ./src/token/principal.ts
var principal = __nccwpck_require__(35);
// EXTERNAL MODULE: ./src/call/cloud-run-service.ts
var cloud_run_service = __nccwpck_require__(5475);
;// CONCATENATED MODULE: ./src/call/failures/iap.ts








const NO_CLIENT = 'Empty Google Account OAuth client';
const NO_AGENT = /^(?:IAP for Cloud Run app is not set up correctly|The IAP service account is not provisioned)/;
/** IAP itself is not set up completely, whatever the token: it says so with a status of 5xx. */
function isBrokenIap({ status, text }) {
    return status >= 500 && (text.startsWith(NO_CLIENT) || NO_AGENT.test(text));
}
/** Identity-Aware Proxy refused, or sent to the sign-in page: told apart by its words and by its client id. */
function iapRejected(failed, response) {
    const { call, token, clientId } = failed;
    const words = /Invalid IAP credentials: ([^<]+)|(OpenID Connect token expired[^<]*)/.exec(response.text);
    const said = (0,safe_text/* safeText */.Hk)(words?.[1] ?? words?.[2] ?? '', 120).replace(/\.+$/, '');
    const who = (0,safe_text/* safeText */.Hk)(token.email) || 'the identity';
    const known = clientId === undefined ? '' : `; IAP's client id is ${clientId}`;
    const isOther = token.kind === 'id_token' && clientId !== undefined && clientId !== token.audience;
    const facts = {
        ...failed,
        status: response.status,
        text: response.text,
        refused: `Identity-Aware Proxy did not let ${who} through to ${(0,safe_text/* safeUrl */.Pl)(call.url)} (${response.status}${said === '' ? '' : `, "${said}"`}; the token's audience is ${(0,safe_text/* safeText */.Hk)(token.audience)}${known})`,
        audience: isOther
            ? { remedy: `, and audience to ${clientId}`, lines: [`audience: ${clientId}`] }
            : { remedy: '', lines: [] }
    };
    return new failure/* Failure */.HR({ code: 'IAP_REJECTED', ...(0,failure/* explainBy */.H$)(CAUSES, facts), answer: (0,failed_call/* quote */.h)(response) });
}
const CAUSES = [
    { when: ({ text }) => text.startsWith(NO_CLIENT), explain: noClient },
    { when: says(NO_AGENT), explain: noAgent },
    { when: ({ status }) => status === 403, explain: missingRole },
    { when: (facts) => isSigned(facts) && says(/JWT audience/)(facts), explain: otherUrl },
    { when: says(/'email' claim/), explain: noEmail },
    { when: says(/expired/i), explain: expired },
    {
        when: ({ text, call }) => text.includes('empty token') && call.headers.tokenHeader === 'X-Serverless-Authorization',
        explain: otherHeader
    },
    { when: says(/empty token/), explain: lostHeader },
    { when: (facts) => !isSigned(facts) && says(/Unable to parse JWT|signature is invalid/)(facts), explain: otherToken },
    { when: isSigned, explain: refusedSignature },
    { when: ({ clientId, token }) => clientId === token.audience, explain: managedClient },
    { when: () => true, explain: otherAudience }
];
function says(words) {
    return ({ text }) => words.test(text);
}
function isSigned({ token }) {
    return token.kind === 'iap_jwt';
}
/** https://cloud.google.com/iap/docs/authentication-howto#authenticating_with_a_jwt */
function otherUrl({ call, token, refused }) {
    const fitting = `https://${(0,safe_text/* safeText */.Hk)(call.url.host)}/*`;
    const isFitting = token.audience === fitting;
    return {
        sentence: `${refused}: the JWT has to be for the URL that IAP saw, which was ${(0,safe_text/* safeUrl */.Pl)(call.url)} when it left this machine.`,
        cause: isFitting ? 'A load balancer or proxy on the way changed the host.' : undefined,
        remedy: isFitting
            ? "Set audience to the host that IAP sees, followed by /*, such as the load balancer's own domain."
            : `Leave audience empty, which means ${fitting}, or set audience to the very URL.`,
        snippets: [(0,snippets/* inStep */.qg)(`audience: ${isFitting ? 'https://HOST/*' : fitting}`)]
    };
}
function refusedSignature({ refused, token }) {
    return {
        sentence: `${refused}: IAP did not take the JWT that ${(0,safe_text/* safeText */.Hk)(token.email)} signed.`,
        cause: 'The key was deleted since, the account is of another organization than the service, or headers bring a token of their own.',
        remedy: 'Use a service account of the organization of the service, and leave tokens out of headers.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the account and its state', `gcloud iam service-accounts describe ${(0,snippets/* accountWord */.YN)(token.email)}`)
        ]
    };
}
/** IAP is on and has no client: https://cloud.google.com/iap/docs/custom-oauth-configuration */
function noClient({ call, refused }) {
    return {
        sentence: `${refused}: IAP is switched on, but has no OAuth client.`,
        cause: 'The client was never made, or the project is in no organization, so that Google manages none. No token helps.',
        remedy: 'Configure an OAuth client for IAP, or switch IAP off for this service.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the settings of IAP', iapCommand(call.url, 'settings get')),
            (0,snippets/* toRead */.YP)('Where an OAuth client for IAP is made', 'https://console.cloud.google.com/auth/clients')
        ]
    };
}
/** https://cloud.google.com/iap/docs/enabling-cloud-run */
function noAgent({ call, refused }) {
    const number = (0,cloud_run_service/* nameRunService */.KR)(call.url)?.project;
    const project = number === undefined ? 'PROJECT' : (0,snippets/* projectById */.k_)(number);
    const agent = `serviceAccount:service-${number ?? 'NUMBER'}@gcp-sa-iap.iam.gserviceaccount.com`;
    return {
        sentence: `${refused}: IAP is not set up completely, because its own service account does not exist or is not allowed to invoke the service. No token helps.`,
        remedy: `Make IAP's service account, and grant roles/run.invoker on the service to ${agent}.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)("make IAP's service account and let it invoke the service", `gcloud beta services identity create --service=iap.googleapis.com --project=${project}`, (0,gcloud/* updateInvokers */.HC)(call.url, 'add', agent))
        ]
    };
}
function missingRole({ call, token, refused }) {
    const member = (0,principal/* memberOf */.C5)(token.email);
    return {
        sentence: `${refused}: the token is good, but its identity lacks roles/iap.httpsResourceAccessor.`,
        cause: 'The role is missing, or the condition of its binding (request.host, request.path) is not true of this URL.',
        remedy: `Grant roles/iap.httpsResourceAccessor to ${member} on the resource behind IAP, and wait a minute.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('grant the role', `${iapCommand(call.url, 'web add-iam-policy-binding')} --member=${(0,snippets/* shellWord */.r7)(member)} --role=roles/iap.httpsResourceAccessor`),
            findResource(call.url)
        ]
    };
}
function noEmail({ refused, audience }) {
    return {
        sentence: `${refused}: the token that IAP saw has no e-mail, so that it is not the one of this action, which always has.`,
        ...leaveTokensOut(audience)
    };
}
function leaveTokensOut({ remedy, lines }) {
    return {
        remedy: `Leave tokens out of headers, or set token_header to Proxy-Authorization${remedy}.`,
        snippets: [(0,snippets/* inStep */.qg)('token_header: Proxy-Authorization', ...lines)]
    };
}
function expired({ refused, audience }) {
    return {
        sentence: `${refused}: the token that IAP saw had expired by IAP's clock.`,
        cause: "Headers may carry an old token, or this machine's clock is wrong.",
        remedy: `Leave tokens out of headers, and check the clock of this machine${audience.remedy.replace(', and', ', and set')}.`,
        snippets: [...audience.lines.map((line) => (0,snippets/* inStep */.qg)(line)), (0,snippets/* onRunner */.o)('see the clock', 'date -u')]
    };
}
function otherHeader({ refused, audience }) {
    return {
        sentence: `${refused}: IAP reads Authorization and Proxy-Authorization, and the token travelled in X-Serverless-Authorization.`,
        remedy: `Set token_header to Proxy-Authorization${audience.remedy}.`,
        snippets: [(0,snippets/* inStep */.qg)('token_header: Proxy-Authorization', ...audience.lines)]
    };
}
function lostHeader({ call, refused, audience }) {
    const { tokenHeader } = call.headers;
    const other = tokenHeader === 'Authorization' ? 'Proxy-Authorization' : 'Authorization';
    return {
        sentence: `${refused}: IAP saw no token, though one travelled in ${tokenHeader}.`,
        cause: 'Something before IAP, such as a proxy or another load balancer, took the header out.',
        remedy: `Set token_header to ${other}${audience.remedy}, and see what stands before IAP.`,
        snippets: [(0,snippets/* inStep */.qg)(`token_header: ${other}`, ...audience.lines)]
    };
}
function otherToken({ refused, audience }) {
    return {
        sentence: `${refused}: what IAP found in the header is no ID token of Google.`,
        cause: 'Headers may set a token of their own.',
        ...leaveTokensOut(audience)
    };
}
function managedClient({ call, clientId = '', refused }) {
    return {
        sentence: `${refused}: the audience is IAP's own client id, and yet refused, as for a client that Google manages, which admits no program.`,
        remedy: `Set token to iap_jwt, which needs no OAuth client; or put an OAuth client of your own on IAP's list programmaticClients, and set audience to that client instead of ${clientId}.`,
        snippets: [SIGN, allowClient(call.url)]
    };
}
function otherAudience({ call, token, clientId, refused }) {
    const who = (0,safe_text/* safeText */.Hk)(token.email) || 'the service account';
    return {
        sentence: `${refused}: IAP accepts ID tokens for its own OAuth client only, or for a client in its settings (programmaticClients).`,
        cause: 'The client that Google manages by default admits no program itself.',
        remedy: `Set token to iap_jwt, which needs no OAuth client, only roles/iam.serviceAccountTokenCreator on ${who} for the identity of this job; or set audience to ${clientId ?? "IAP's OAuth client id"} if that client is your own, not one that Google made.`,
        snippets: [
            SIGN,
            (0,snippets/* inStep */.qg)(`audience: ${clientId ?? 'NUMBER-NAME.apps.googleusercontent.com'}`),
            clientId === undefined && findClient(call.url),
            allowClient(call.url)
        ]
    };
}
/** Where audience is left out, it becomes the called host. */
const SIGN = (0,snippets/* inStep */.qg)('token: iap_jwt');
/** A caller that is sent to the sign-in page is told the client in its address. */
function findClient(url) {
    return [
        (0,snippets/* onRunner */.o)("see IAP's client id in the address of the sign-in page", `curl --silent --head ${(0,snippets/* shellWord */.r7)((0,safe_text/* safeUrl */.Pl)(url))} | grep --only-matching 'client_id=[^&]*'`),
        ...((0,service_url/* isCloudRunUrl */.AH)(url)
            ? []
            : [
                (0,snippets/* inTerminal */.e5)('see the client id of the backend; nothing means that Google manages the client', 'gcloud compute backend-services list --project=PROJECT', 'gcloud compute backend-services describe BACKEND --global --project=PROJECT --format="value(iap.oauth2ClientId)"')
            ])
    ];
}
/** https://cloud.google.com/iap/docs/custom-oauth-configuration, https://cloud.google.com/iap/docs/authentication-howto */
function allowClient(url) {
    return [
        ...findResource(url),
        {
            place: 'Where Google manages the client: save what this prints as iap.yaml, because settings that are not in the file are lost',
            language: 'shell',
            lines: [iapCommand(url, 'settings get')]
        },
        (0,snippets/* inYaml */.$7)('In iap.yaml, beside what it holds; NUMBER-NAME is an OAuth client of your organization (type: web application)', 'accessSettings:', '  oauthSettings:', '    programmaticClients:', '      - NUMBER-NAME.apps.googleusercontent.com'),
        (0,snippets/* inTerminal */.e5)('put the settings back', iapCommand(url, 'settings set iap.yaml')),
        (0,snippets/* inYaml */.$7)('In this step, under "with", the client on the list', 'audience: NUMBER-NAME.apps.googleusercontent.com')
    ];
}
function findResource(url) {
    return (0,service_url/* isCloudRunUrl */.AH)(url)
        ? (0,gcloud/* describeTarget */.ff)(url).search
        : [(0,snippets/* inTerminal */.e5)('learn BACKEND', 'gcloud compute backend-services list --project=PROJECT')];
}
/**
 * A command of gcloud iap for what stands behind a URL. Without a resource, gcloud would grant a role on everything behind IAP
 * in the project; stable gcloud has no resource type for Cloud Run.
 */
function iapCommand(url, command) {
    const { name, flags } = (0,gcloud/* describeTarget */.ff)(url);
    return (0,service_url/* isCloudRunUrl */.AH)(url)
        ? `gcloud beta iap ${command} --resource-type=cloud-run --service=${name}${flags}`
        : `gcloud beta iap ${command} --resource-type=backend-services --service=BACKEND --project=PROJECT`;
}

;// CONCATENATED MODULE: ./src/call/failures/service.ts






/** Names the failure by who answered and what, never by the status alone. One file for each who may answer. */
function callFailed(failed) {
    const { call, attempt, attempts } = failed;
    if (!attempt.answered)
        return (0,no_answer/* noUsableAnswer */.au)(call.url, attempt, attempts, 'with the token', call.method);
    const response = { ...attempt, text: attempt.words ?? attempt.text };
    if (isBrokenIap(response))
        return iapRejected(failed, response);
    switch (response.responder) {
        case 'iap':
            return iapRejected(failed, response);
        case 'gateway':
            return gatewayRejected(failed, response);
        case 'front end':
            if (response.status === 401)
                return (0,front_end/* tokenRejected */.Mp)(failed, response);
            return response.status === 403 ? (0,front_end/* invokerMissing */.RB)(failed, response) : (0,front_end/* notReached */.eo)(failed, response);
        case 'infrastructure':
            return response.status >= 500 ? unavailable(failed, response) : (0,infrastructure/* refusedBeforehand */.h)(failed, response);
        case 'application':
            return applicationFailed(failed, attempt);
    }
}


/***/ }),

/***/ 2070:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   DE: () => (/* binding */ iapClientId),
/* harmony export */   Lx: () => (/* binding */ leavesOpenWhoRefused),
/* harmony export */   Wi: () => (/* binding */ whoAnswered)
/* harmony export */ });
/* unused harmony exports isRefusalOfCaller, isMarkedByIap */
/* harmony import */ var _failure_perimeter_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3117);
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(887);
/* harmony import */ var _world_retry_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(8162);



/** @param text the body */
function whoAnswered(answer, text) {
    const { status } = answer;
    if (isMarkedByIap(answer))
        return status >= 500 ? 'infrastructure' : 'iap';
    if (isSignInRedirect(answer))
        return 'iap';
    if (status >= 400 && status < 500 && /^\s*Invalid IAP credentials/.test(text))
        return 'iap';
    if (isGatewayRefusal(status, text))
        return 'gateway';
    return findFrontEnd(answer, text) ?? 'application';
}
/** Google kept the caller out: the only answer by which a service is known to be private. */
function isRefusalOfCaller(answer, text) {
    const responder = whoAnswered(answer, text);
    // What only looks like IAP's may be the application's; IAP's own mark tells.
    if (responder === 'iap')
        return isMarkedByIap(answer);
    if (responder !== 'front end' || answer.status === 404)
        return false;
    // What an API says of a perimeter, an application may hand on.
    return isPage(answer) || !isPerimeter(text);
}
/**
 * Whether an answer leaves open who refused, because one to HEAD has no words. An empty page is the application's: Google's
 * always have something to say.
 */
function leavesOpenWhoRefused(method, answer) {
    const { status, headers } = answer;
    const isRefusal = status >= 400 && status < 500 && !(0,_world_retry_js__WEBPACK_IMPORTED_MODULE_2__/* .isTransientStatus */ .Dm)(status);
    return (method === 'HEAD' && isRefusal && headers['content-length'] !== '0' && whoAnswered(answer, '') === 'application');
}
/** IAP's OAuth client id, where an answer names it: in the address to which a browser would go to sign in. */
function iapClientId(answer) {
    const location = answer.headers['location'] ?? '';
    const id = URL.canParse(location) ? new URL(location).searchParams.get('client_id') : null;
    return id !== null && /^\d+-[\w-]+\.apps\.googleusercontent\.com$/.test(id) ? id : undefined;
}
/** IAP marks every refusal of its own: https://cloud.google.com/iap/docs/faq */
function isMarkedByIap({ status, headers }) {
    return status >= 300 && headers['x-goog-iap-generated-response'] !== undefined;
}
/**
 * IAP's way to the sign-in page, should something have dropped the mark: it leads back to IAP's own address, and an application
 * that signs people in with Google has an address of its own. https://cloud.google.com/iap/docs/custom-oauth-configuration
 */
function isSignInRedirect(answer) {
    const { status, headers } = answer;
    const location = headers['location'] ?? '';
    const isToGoogle = location.startsWith('https://accounts.google.com/') && iapClientId(answer) !== undefined;
    if (status < 300 || status >= 400 || !isToGoogle)
        return false;
    return new URL(location).searchParams.get('redirect_uri')?.startsWith('https://iap.googleapis.com/') === true;
}
/** https://cloud.google.com/run/docs/troubleshooting */
function findFrontEnd(answer, text) {
    const { status, headers } = answer;
    const page = readGooglePage(answer, text);
    const challenge = headers['www-authenticate'] ?? '';
    const isChallenge = challenge.includes('The access token could not be verified') && isPage(answer);
    if (status === 401 && (page !== undefined || isChallenge))
        return 'front end';
    if (status === 403 && isPerimeterRefusal(page, text))
        return 'front end';
    if (status === 403 && page?.includes('Your client does not have permission to get URL') === true)
        return 'front end';
    if (status === 404 && (page !== undefined || text.startsWith('response 404 (backend NotFound)')))
        return 'front end';
    return page === undefined && !isPolicyPage(answer, text) ? undefined : 'infrastructure';
}
/** Google's pages are of about 2 KiB, and quote the path. */
const LONGEST_PAGE = 64 * 1024;
/**
 * The forms of the pages of Google's front end, most with their status in the title. They are asked for from the first
 * character on: an application may quote such a page, in JSON or within a page of its own.
 */
const PAGES = [
    /^(?:<!doctype html>\s*)?<html[^>]{0,99}>\s*<head>\s*(?:<meta [^>]{0,199}>\s*){0,5}<title>(\d{3}) [^<]{0,99}<\/title>\s*<\/head>\s*<body[^>]{0,199}>\s*<h1>Error: [^<]{0,99}<\/h1>\s*<h2>/i,
    /^<!doctype html>\s*<html[^>]{0,99}>\s*(?:<meta [^>]{0,199}>\s*){0,5}<title>Error (\d{3}) \([^<]{0,99}\)!!1<\/title>/i,
    // Without a status: whatever tags stand before it, the first words are Google's.
    /^(?:<[^>]{0,199}>\s*){0,9}(?:<title>(?:(\d{3}) )?[^<]{0,99}<\/title>\s*)?(?:<[^>]{0,199}>\s*){0,9}(?:<h1>Error: [^<]{0,99}<\/h1>\s*)?(?:<[^>]{0,99}>\s*)?Your client does not have permission to (?:get|the requested) URL/i
];
/** What a page of Google's front end says; undefined where the body is none. */
function readGooglePage(answer, text) {
    const page = pageOf(answer, text);
    const isGoogles = (form) => {
        const found = form.exec(page);
        return found !== null && (found[1] ?? `${answer.status}`) === `${answer.status}`;
    };
    return PAGES.some(isGoogles) ? page : undefined;
}
/**
 * The page of a load balancer whose security policy (Cloud Armor) denies a request, with the status that the policy names:
 * https://cloud.google.com/armor/docs/security-policy-overview
 */
function isPolicyPage(answer, text) {
    const form = /^<!doctype html>\s*(?:<meta [^>]*>\s*)*<title>(\d{3})<\/title>\1 [a-z ]*$/i;
    return form.exec(pageOf(answer, text))?.[1] === `${answer.status}`;
}
function pageOf(answer, text) {
    return isPage(answer) && text.length <= LONGEST_PAGE ? text.trim() : '';
}
function isPage({ status, headers }) {
    return status >= 400 && (headers['content-type'] ?? 'text/html').startsWith('text/html');
}
/** VPC Service Controls refuse in words, on a page, and in the form of Google's APIs: https://cloud.google.com/apis/design/errors */
function isPerimeterRefusal(page, text) {
    const message = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .objectIn */ .D7)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .parseObject */ .lj)(text), 'error'), 'message') ?? text;
    return message.startsWith(_failure_perimeter_js__WEBPACK_IMPORTED_MODULE_0__/* .PERIMETER_REFUSAL */ .Jb) || page?.includes(_failure_perimeter_js__WEBPACK_IMPORTED_MODULE_0__/* .PERIMETER_REFUSAL */ .Jb) === true;
}
/** API Gateway, Endpoints (ESPv2) and Envoy: https://cloud.google.com/endpoints/docs/openapi/troubleshoot-jwt */
function isGatewayRefusal(status, text) {
    if (status !== 401 && status !== 403)
        return false;
    const body = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .parseObject */ .lj)(text);
    const message = body['code'] === status ? ((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .stringIn */ .tB)(body, 'message') ?? '') : text;
    return /^\s*(Jwt |Audiences in Jwt |(PERMISSION_DENIED|UNAUTHENTICATED): ?\S)/.test(message);
}


/***/ }),

/***/ 2007:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e7: () => (/* binding */ LONGEST_BODY_BYTES),
  gx: () => (/* binding */ describeMiss),
  XZ: () => (/* binding */ describeVerdict),
  XM: () => (/* binding */ isStatusMet),
  L4: () => (/* binding */ judgeExpectations)
});

// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
// EXTERNAL MODULE: ./src/guard/json.ts
var guard_json = __nccwpck_require__(887);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
;// CONCATENATED MODULE: external "node:vm"
const external_node_vm_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:vm");
;// CONCATENATED MODULE: ./src/guard/time-limit.ts


/**
 * Does work on data that the other side chose, and for which it may need ages: a regular expression that backtracks, a query
 * over long lists. No timer fires meanwhile, but V8 stops what was called from a script with a time limit, wherever it is.
 * https://nodejs.org/api/vm.html#scriptrunincontextcontextifiedobject-options
 *
 * @param work is synchronous; what it threw is thrown on
 * @returns whether it came to its end
 */
function finishesWithin(milliseconds, work) {
    try {
        new external_node_vm_namespaceObject.Script('work()').runInContext((0,external_node_vm_namespaceObject.createContext)({ work }), { timeout: Math.max(1, Math.round(milliseconds)) });
        return true;
    }
    catch (error) {
        // This one is an Error of the script's own world.
        if ((0,guard_json/* isObject */.Gv)(error) && error['code'] === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
            return false;
        throw error;
    }
}

// EXTERNAL MODULE: ./src/inputs/pattern.ts
var inputs_pattern = __nccwpck_require__(5235);
;// CONCATENATED MODULE: ./src/call/verdicts.ts





/** How much of a body is read and judged; after that the connection is closed. */
const LONGEST_BODY_BYTES = 4 * 1024 * 1024;
/**
 * Holds an answer against every expectation; the first verdict is about the status.
 *
 * @param text the body
 * @param milliseconds how long all patterns and expressions together may take; those that are left then are not met
 */
function judgeExpectations(expectations, answer, text, milliseconds) {
    const status = {
        input: 'expect_status',
        expectation: `status ${(0,safe_text/* safeText */.Hk)(expectations.status.text)}`,
        met: expectations.status.has(answer.status),
        actual: (0,outcome/* describeStatus */.Wn)(answer.status)
    };
    const checks = [
        ...expectations.headers.map(({ name, pattern }) => checkHeader(name, pattern, answer)),
        ...expectations.body.map((pattern) => checkBody(pattern, text)),
        ...checkJson(expectations.json, answer, text)
    ];
    if (checks.length === 0)
        return [status];
    const judged = [];
    finishesWithin(milliseconds, () => {
        for (const check of checks)
            judged.push(judge(check));
    });
    return [
        status,
        ...checks.map(({ input, expectation }, index) => ({
            input,
            expectation,
            ...(judged[index] ?? { met: false, actual: `the ${kindOf(input)} takes too long on it` })
        }))
    ];
}
function kindOf(input) {
    return input === 'expect_json' ? 'expression' : 'pattern';
}
function judge(check) {
    try {
        return check.judge();
    }
    catch (error) {
        // What is nested or repeated too often overflows the stack, of regular expressions and of the parser alike.
        if (error instanceof RangeError)
            return { met: false, actual: `the ${kindOf(check.input)} needs too much memory on it` };
        throw error;
    }
}
/** A header that comes more than once is met by any one of its values. */
function checkHeader(name, pattern, { headers, repeated = {} }) {
    const lowerCase = name.toLowerCase();
    const value = Object.hasOwn(headers, lowerCase) ? headers[lowerCase] : undefined;
    const values = Object.hasOwn(repeated, lowerCase) ? (repeated[lowerCase] ?? []) : value === undefined ? [] : [value];
    return {
        input: 'expect_headers',
        expectation: `header ${name} matches /${(0,safe_text/* safeText */.Hk)(pattern)}/`,
        judge: () => values.length === 0
            ? { met: false, actual: 'no such header' }
            : {
                met: values.some((each) => (0,inputs_pattern/* matches */.c)(pattern, each)),
                actual: (0,safe_text/* safeText */.Hk)(values.join(' | '), 200) || 'an empty header'
            }
    };
}
function checkBody(pattern, text) {
    return {
        input: 'expect_body',
        expectation: `body matches /${(0,safe_text/* safeText */.Hk)(pattern)}/`,
        judge: () => ({ met: (0,inputs_pattern/* matches */.c)(pattern, text), actual: (0,safe_text/* safeText */.Hk)(text, 200) || 'an empty body' })
    };
}
function checkJson(expressions, answer, text) {
    /** Parsed by the first that needs it. */
    let json;
    return expressions.map((expression) => ({
        input: 'expect_json',
        expectation: `JSON: ${(0,safe_text/* safeText */.Hk)(expression.text)}`,
        judge: () => {
            json ??= { value: answer.truncated ? undefined : (0,guard_json/* parseExactJson */.lQ)(text) };
            return json.value === undefined
                ? { met: false, actual: describeNoJson(answer, text) }
                : expression.evaluate(json.value);
        }
    }));
}
function describeNoJson(answer, text) {
    if (answer.truncated)
        return `the body is longer than ${LONGEST_BODY_BYTES / 1024 / 1024} MiB`;
    const type = (0,safe_text/* safeText */.Hk)(answer.headers['content-type'] ?? 'no content type', 60);
    return `not JSON (${type}): ${(0,safe_text/* safeText */.Hk)(text, 120) || 'an empty body'}`;
}
/** Whether the status is an accepted one: the verdict about it is always there, and comes first. */
function isStatusMet(verdicts) {
    return verdicts[0]?.met === true;
}
/** A missed expectation in words. */
function describeMiss({ expectation, actual }) {
    return `expected ${expectation}, found ${actual}`;
}
/** An expectation and what became of it, as the log has it. */
function describeVerdict({ met, expectation, actual }) {
    return `${met ? 'met' : 'missed'}: ${expectation}; actual: ${actual}`;
}


/***/ }),

/***/ 4592:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   EM: () => (/* binding */ FAILURES),
/* harmony export */   H$: () => (/* binding */ explainBy),
/* harmony export */   HR: () => (/* binding */ Failure),
/* harmony export */   Nx: () => (/* binding */ capital)
/* harmony export */ });
/**
 * The catalogue: every way in which the action can fail, by its stable code, which is its anchor in
 * `docs/troubleshooting.md` too, with its title. The step that fails words it, in the `failures/` of its room.
 */
const FAILURES = {
    INPUT_INVALID: 'An input is wrong',
    AUDIENCE_REQUIRED: 'The URL does not tell the audience',
    CREDENTIALS_NOT_FOUND: 'There is no credential',
    CREDENTIALS_INVALID: 'The credential cannot be used',
    CREDENTIALS_UNSUPPORTED: 'The credential can never give an ID token',
    SERVICE_ACCOUNT_REQUIRED: 'There is no service account to impersonate',
    OIDC_UNAVAILABLE: 'The job is not allowed to ask GitHub for a token',
    OIDC_FAILED: 'GitHub gave no token',
    SUBJECT_TOKEN_UNAVAILABLE: "The external account's subject token is not available",
    FEDERATION_REJECTED: 'Google does not accept the external identity',
    IMPERSONATION_DENIED: 'The identity is not allowed to impersonate the service account',
    SERVICE_ACCOUNT_NOT_FOUND: 'There is no such service account',
    API_DISABLED: 'An API of Google is switched off',
    CREDENTIALS_EXPIRED: 'The credential is no longer accepted',
    GOOGLE_UNAVAILABLE: "Google's token service cannot be reached",
    TOKEN_INVALID: 'The token is not the one that was asked for',
    TOKEN_REJECTED: 'The service does not accept the token',
    INVOKER_MISSING: 'The identity is not allowed to call the service',
    IAP_REJECTED: 'Identity-Aware Proxy refused the call',
    NOT_REACHED: 'The call did not reach the service',
    GATEWAY_REJECTED: 'The gateway refused the token',
    REDIRECTED: 'The service redirects',
    SERVICE_UNAVAILABLE: 'The service is not available',
    TIMED_OUT: 'The service took too long',
    EXPECTATION_FAILED: 'The answer is not what was expected',
    NOT_PRIVATE: 'The service is open to everybody',
    PROXY_FAILED: "The proxy's background process is gone",
    INTERNAL: 'A defect of this action'
};
/** What the first cause says that fits, and its code. */
function explainBy(causes, facts) {
    const cause = causes.find(({ when }) => when(facts));
    if (cause === undefined)
        throw new Error('no cause fits');
    const { code } = cause;
    return { ...cause.explain(facts), ...(code === undefined ? {} : { code }) };
}
/** The only error that is shown to people as it is; every other error is a defect of this action (`INTERNAL`). */
class Failure extends Error {
    name = 'Failure';
    text;
    constructor(draft) {
        super(`${draft.code}: ${draft.sentence}`);
        const snippets = (draft.snippets ?? []).flat().filter((snippet) => snippet !== undefined && snippet !== false);
        this.text = { ...draft, snippets };
    }
}
/** A text as the beginning of a sentence. */
function capital(text) {
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}


/***/ }),

/***/ 3117:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Jb: () => (/* binding */ PERIMETER_REFUSAL),
/* harmony export */   RN: () => (/* binding */ explainPerimeter),
/* harmony export */   k7: () => (/* binding */ isPerimeter)
/* harmony export */ });
/* harmony import */ var _snippets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1926);

/** The words by which VPC Service Controls refuse: https://cloud.google.com/vpc-service-controls/docs/troubleshooting */
const PERIMETER_REFUSAL = "Request is prohibited by organization's policy";
/** Whether an answer is a refusal of VPC Service Controls. */
function isPerimeter(text) {
    return text.includes(PERIMETER_REFUSAL);
}
/**
 * VPC Service Controls refused. https://cloud.google.com/vpc-service-controls/docs/troubleshooting
 *
 * @param refused who was kept from what: "VPC Service Controls keep …"
 * @param what is protected: "the pool's project"
 * @param text of the answer, which holds an id by which the audit log knows the refusal
 * @param project behind the perimeter, as gcloud's flag takes it
 */
function explainPerimeter(refused, what, text, project = 'PROJECT') {
    const id = /vpcServiceControlsUniqueIdentifier:\s*([\w-]{1,100})/.exec(text)?.[1];
    return {
        sentence: `${refused}: a perimeter protects ${what}${id === undefined ? '' : ` (refusal ${id})`}, and no role helps.`,
        remedy: 'Ask an administrator of the organization for an ingress rule that admits the identity, or run the job on a network inside the perimeter.',
        snippets: [
            (0,_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inTerminal */ .e5)(`see which perimeter and which rule refused${id === undefined ? '' : `; look for ${id}`}`, `gcloud logging read "protoPayload.metadata.vpcServiceControlsUniqueId:*" --freshness=1h --project=${project}`)
        ]
    };
}


/***/ }),

/***/ 1926:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $7: () => (/* binding */ inYaml),
/* harmony export */   Dc: () => (/* binding */ inDocument),
/* harmony export */   E4: () => (/* binding */ projectOfAccount),
/* harmony export */   FT: () => (/* binding */ inWorkflow),
/* harmony export */   GP: () => (/* binding */ SET_CLOCK),
/* harmony export */   K6: () => (/* binding */ projectFlag),
/* harmony export */   OJ: () => (/* binding */ onlyWhere),
/* harmony export */   R8: () => (/* binding */ giveMachine),
/* harmony export */   RY: () => (/* binding */ inTerminalWithGh),
/* harmony export */   YC: () => (/* binding */ firstCommand),
/* harmony export */   YN: () => (/* binding */ accountWord),
/* harmony export */   YP: () => (/* binding */ toRead),
/* harmony export */   e5: () => (/* binding */ inTerminal),
/* harmony export */   iY: () => (/* binding */ LIST_PROVIDERS),
/* harmony export */   k_: () => (/* binding */ projectById),
/* harmony export */   o: () => (/* binding */ onRunner),
/* harmony export */   qg: () => (/* binding */ inStep),
/* harmony export */   r7: () => (/* binding */ shellWord),
/* harmony export */   tv: () => (/* binding */ inStepEnv),
/* harmony export */   vJ: () => (/* binding */ UNKNOWN_ACCOUNT),
/* harmony export */   y3: () => (/* binding */ LIST_SERVICES)
/* harmony export */ });
/* unused harmony export isComplete */
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6530);

/** YAML for a place in words. */
function inYaml(place, ...lines) {
    return { place, language: 'yaml', lines };
}
/** YAML for the inputs of this action. */
function inStep(...lines) {
    return inYaml('In this step, under "with"', ...lines);
}
/** YAML for the environment of this step. */
function inStepEnv(note, ...lines) {
    return inYaml(`In this step${note}`, 'env:', ...lines.map((line) => `  ${line}`));
}
/** YAML of the workflow around the step. */
function inWorkflow(...lines) {
    return inYaml('In the workflow', ...lines);
}
/** JSON for a member of a credential document. */
function inDocument(...lines) {
    return { place: 'In the credential document', language: 'json', lines };
}
/**
 * Commands of gcloud, each on a line of its own without a comment, so that it can be pasted into bash, zsh and PowerShell.
 *
 * @param purpose `see the present condition`
 */
function inTerminal(purpose, ...lines) {
    return { place: `To ${purpose}, in a terminal with gcloud`, language: 'shell', lines };
}
/** Commands of gcloud that change something which may be meant to be as it is. */
function onlyWhere(condition, ...lines) {
    return { place: `Only where ${condition}, in a terminal with gcloud`, language: 'shell', lines };
}
/** Shows which services there are. */
const LIST_SERVICES = 'gcloud run services list --project=PROJECT';
/** Show the full names of providers; the first shows POOL. */
const LIST_PROVIDERS = [
    'gcloud iam workload-identity-pools list --location=global --project=PROJECT',
    'gcloud iam workload-identity-pools providers list --workload-identity-pool=POOL --location=global --project=PROJECT --format="value(name)"'
];
/** Commands that change the service account or the access scopes of a machine, which has to be stopped for that. */
function giveMachine(flags) {
    return inTerminal('change the machine; the first command shows INSTANCE and ZONE', 'gcloud compute instances list --project=PROJECT', 'gcloud compute instances stop INSTANCE --zone=ZONE --project=PROJECT', `gcloud compute instances set-service-account INSTANCE --zone=ZONE --project=PROJECT ${flags}`, 'gcloud compute instances start INSTANCE --zone=ZONE --project=PROJECT');
}
/** Commands of GitHub's client. */
function inTerminalWithGh(purpose, ...lines) {
    return { place: `To ${purpose}, in a terminal with gh in the folder of the repository`, language: 'shell', lines };
}
/** Commands of bash for the machine on which the step runs. */
function onRunner(purpose, ...lines) {
    return {
        place: `To ${purpose}, on the runner, such as in a step "- run: …" with "shell: bash" before this one`,
        language: 'bash',
        lines
    };
}
/** How the clock of the machine on which the step runs is seen and set. */
const SET_CLOCK = onRunner('compare and set the clock', 'date -u', 'sudo timedatectl set-ntp true');
/** Facts to read or to compare. */
function toRead(place, ...lines) {
    return { place, language: 'text', lines };
}
/** What a command leaves to the reader to fill in. */
const PLACEHOLDER = /(?<![\w$])(?:API|BACKEND|CERTIFICATE|FUNCTION|GATEWAY|INSTANCE|KUBERNETES_SERVICE_ACCOUNT|LOCATION|NAME|NAME_OF_SECRET|NAMESPACE|NEW_CONFIG|NUMBER|POLICY|POOL|PROJECT|PROVIDER|REGION|REVISION|RUN_ID|SERVICE|SERVICE_ACCOUNT_OF_THIS_MACHINE|SUBJECT|TOKEN_FILE|UNIQUE_ID|URL_MAP|YOUR_EMAIL|ZONE)(?!\w)/;
/** The command that carries out the remedy, where it comes before everything else and can be run as it is, wherever one is. */
function firstCommand([first]) {
    const [line] = first?.language === 'shell' ? first.lines : [];
    return line !== undefined && isComplete(line) ? line : undefined;
}
/** Whether a command leaves nothing to fill in. */
function isComplete(command) {
    return !PLACEHOLDER.test(command);
}
/**
 * A value as one word of a command: in single quotes where a shell would read more than the value in it, as POSIX shells do
 * (POSIX.1-2024, Shell Command Language, 2.2.2) and PowerShell, which takes a comma for a list. Quotes in it stand in
 * double ones, because PowerShell knows no backslash, and takes ‘ ’ ‚ ‛ for single quotes
 * (https://learn.microsoft.com/powershell/scripting/lang-spec/chapter-02, 2.3.5.2).
 */
function shellWord(value) {
    const word = (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .safeText */ .Hk)(value);
    return /^[\w%+:./-][\w@%+=:./-]*$/.test(word)
        ? word
        : `'${word.replaceAll(/['\u2018-\u201b]+/g, (quotes) => `'"${quotes}"'`)}'`;
}
/** Stands in a command in the place of an account that is not known. */
const UNKNOWN_ACCOUNT = 'NAME@PROJECT.iam.gserviceaccount.com';
/** A service account as gcloud's argument, with its project, without which gcloud refuses some commands. @param flag `--iam-account=` */
function accountWord(account, flag = '') {
    // gcloud would take the name for a flag.
    const name = account.startsWith('-') ? UNKNOWN_ACCOUNT : account;
    return `${flag}${shellWord(name)}${projectFlag(name)}`;
}
/** gcloud's flag for the project of a service account, as its e-mail says; to be put behind a command. */
function projectFlag(account) {
    return ` --project=${projectOfAccount(account) ?? 'PROJECT'}`;
}
/** The project of a service account, where its e-mail says so. */
function projectOfAccount(account) {
    return /@([a-z][a-z0-9-]*)\.iam\.gserviceaccount\.com$|^([a-z][a-z0-9-]*)@appspot\.gserviceaccount\.com$/
        .exec(account)
        ?.slice(1)
        .find(Boolean);
}
/** Most of gcloud refuses a project's number and wants its id. */
function projectById(number) {
    return `$(gcloud projects describe ${number} --format="value(projectId)")`;
}


/***/ }),

/***/ 887:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   D7: () => (/* binding */ objectIn),
/* harmony export */   DN: () => (/* binding */ writeExactJson),
/* harmony export */   EO: () => (/* binding */ isRounded),
/* harmony export */   Gv: () => (/* binding */ isObject),
/* harmony export */   lQ: () => (/* binding */ parseExactJson),
/* harmony export */   lj: () => (/* binding */ parseObject),
/* harmony export */   qF: () => (/* binding */ parseJson),
/* harmony export */   tB: () => (/* binding */ stringIn),
/* harmony export */   u7: () => (/* binding */ secretIn)
/* harmony export */ });
/* harmony import */ var _secret_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9185);

/**
 * The value that `text` holds, or undefined where it is not JSON. The parser's message is dropped: it quotes the text. A byte
 * order mark before it is ignored, as RFC 8259, 8.1, allows.
 */
function parseJson(text) {
    try {
        return JSON.parse(text.replace(/^\uFEFF/, ''));
    }
    catch {
        return undefined;
    }
}
/**
 * The same, with a bigint for every integer beyond 2^53, which a double holds only roughly: ids and times in nanoseconds are
 * often as long. The parser tells what was written: https://github.com/tc39/proposal-json-parse-with-source
 *
 * @throws {RangeError} where such integers stand some thousand levels deep
 */
function parseExactJson(text) {
    const value = parseJson(text);
    // Without a reviver the parser stands any depth, and is quick.
    if (value === undefined || !/\d{16}|\de/i.test(text))
        return value;
    const keepDigits = (_name, member, { source = '' }) => isRounded(member) ? (exactInteger(source) ?? member) : member;
    return JSON.parse(text.replace(/^\uFEFF/, ''), keepDigits);
}
/** Whether a double is beyond 2^53, and need not be what was written or calculated. */
function isRounded(value) {
    return typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}
/** @returns undefined for a number with a fraction, or beyond what a double holds, which might fill all memory */
function exactInteger(source) {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(source) ?? [];
    const digits = whole + fraction;
    const end = whole.length + Number(exponent);
    if (!Number.isFinite(Number(source)) || /[1-9]/.test(digits.slice(end)))
        return undefined;
    return BigInt(sign + digits.slice(0, end).padEnd(end, '0'));
}
/** The JSON of a value that `parseExactJson` gave, or what was made of it. @throws {Error} for a number without end */
function writeExactJson(value) {
    return JSON.stringify(value, (_name, member) => {
        if (member === Infinity || member === -Infinity)
            throw new Error('a number beyond 1e308 is not read');
        return typeof member === 'bigint' ? JSON.rawJSON(`${member}`) : member;
    });
}
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof _secret_js__WEBPACK_IMPORTED_MODULE_0__/* .Secret */ .z);
}
/** The object that `text` holds; an empty one where it holds anything else. */
function parseObject(text) {
    const value = parseJson(text);
    return isObject(value) ? value : {};
}
/** A member that is an object; an empty one otherwise. */
function objectIn(json, name) {
    const value = memberOf(json, name);
    return isObject(value) ? value : {};
}
/** A member that is a string with something in it. */
function stringIn(json, name) {
    const value = memberOf(json, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
}
/** A member that is a secret, where the JSON went through `seal`; no other function here finds one. */
function secretIn(json, name) {
    const value = memberOf(json, name);
    return value instanceof _secret_js__WEBPACK_IMPORTED_MODULE_0__/* .Secret */ .z ? value : undefined;
}
function memberOf(json, name) {
    return isObject(json) ? json[name] : undefined;
}


/***/ }),

/***/ 5750:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   q: () => (/* binding */ describe),
/* harmony export */   w: () => (/* binding */ describeSecret)
/* harmony export */ });
/* harmony import */ var _token_shapes_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7871);

/** What a value is that may be a secret, without any piece of it; undefined for every other one. */
function describeSecret(value) {
    const text = value.trim();
    // A bracket may also begin a pattern, such as [a-z]+.
    if (/^(?:\{|\[[\s"{[])/.test(text))
        return describe('a JSON document', text);
    if (text.includes('-----BEGIN'))
        return describe('a key in PEM', text);
    if (_token_shapes_js__WEBPACK_IMPORTED_MODULE_0__/* .TOKEN_BEGINNING */ .K.test(text))
        return describe('a token', text);
    if (isEncoded(text))
        return describe('base64 of a document or key', text);
    return isRandom(text) ? describe('a value that looks like a key', text) : undefined;
}
/** A value without any piece of it. */
function describe(what, text) {
    return `${what} (${text.length.toLocaleString('en')} characters)`;
}
/** Base64, alone or twice, of a JSON document or a key in PEM. */
function isEncoded(text) {
    if (text.length < 16 || !/^[\w+/=\s-]+$/.test(text))
        return false;
    const once = Buffer.from(text.slice(0, 200), 'base64').toString('latin1');
    return [once, Buffer.from(once, 'base64').toString('latin1')].some((decoded) => /^\s*([{[][\s"{[]|-----BEGIN)/.test(decoded));
}
/**
 * Letters of both cases and digits in one long word, or many hexadecimal digits: no person writes such names by hand. The word
 * may have slashes and hyphens (RFC 4648, 4 and 5), as paths and names have; but there few letters are followed by one of
 * another kind.
 */
function isRandom(text) {
    const words = text.match(/[\w+/-]{20,}/g) ?? [];
    return words.some((word) => /^[\da-f]{32,}$/i.test(word) ||
        word.split(/[/-]/).some((part) => part.length >= 20 && hasAllKinds(part)) ||
        (hasAllKinds(word) && countChanges(word) * 3 > word.length));
}
function hasAllKinds(word) {
    return [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(word));
}
/** How often a small letter, a capital or a digit is followed by one of another kind. */
function countChanges(word) {
    return word.match(/[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g)?.length ?? 0;
}


/***/ }),

/***/ 3488:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ createRedaction)
/* harmony export */ });
/** A piece of a secret that is shorter than this gives nothing away, and may stand in a text by chance. */
const PIECE = 12;
/** Every piece holds a seed that begins at a multiple of the stride: those alone are looked up, and the rest is compared. */
const SEED = 8;
const STRIDE = PIECE - SEED + 1;
/** How many places with the same seed are compared: more are found only in secrets that repeat themselves. */
const MOST_PLACES = 8;
/** Of a longer secret all of it is known as it is, but in disguise only its end, where a JWT has its signature. */
const DISGUISED_CHARACTERS = 32 * 1024;
/** A shorter secret could be a word. */
const SHORTEST_SECRET = 6;
/**
 * Takes secrets out of a text that the other side wrote: whole, cut, encoded or split. Services echo what they were sent, in
 * error pages, debug headers and logs, and the runner's masks see only whole values. The threat model lists what is undone.
 * Time and memory grow with the text and the secrets, and no faster.
 *
 * @returns a function that replaces every piece of `PIECE` or more letters of any secret with `***`
 */
function createRedaction(secrets) {
    const values = secrets.map((secret) => secret.reveal());
    const short = values.filter((value) => value.length >= SHORTEST_SECRET && lettersOf(value).length < PIECE);
    let index;
    return (text) => {
        const rest = short.reduce((left, value) => left.replaceAll(value, '***'), text);
        if (rest.length < PIECE || short.length === values.length)
            return rest;
        index ??= createIndex(values.flatMap(disguisesOf));
        const covered = new Uint8Array(rest.length);
        // Markup may split a secret; and a cut one may itself stand between angle brackets.
        coverPieces(readLetters(rest, true), index, covered);
        if (rest.includes('<'))
            coverPieces(readLetters(rest, false), index, covered);
        return replaceCovered(rest, covered);
    };
}
/** The forms in which a secret may come back, each reduced to letters and digits. */
function disguisesOf(secret) {
    const bytes = Buffer.from(secret).subarray(-DISGUISED_CHARACTERS);
    const end = bytes.toString('latin1');
    // Where the encoded bytes do not begin with the secret, what is encoded together with bytes before it is left out.
    const behind = (count) => Buffer.concat([Buffer.alloc(count), bytes]);
    const forms = [
        secret,
        Array.from(end).reverse().join(''),
        bytes.toString('hex'),
        Array.from(bytes, (byte) => `0x${byte.toString(16)}`).join(''),
        bytes.join(''),
        ...[0, 1, 2].map((count) => behind(count)
            .toString('base64')
            .slice(count === 0 ? 0 : 4)),
        ...[0, 1, 2, 3, 4].map((count) => toBase32(behind(count)).slice(count === 0 ? 0 : 8))
    ];
    // Debuggers of JWTs print the signature's bytes.
    const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(secret) ?? [];
    if (signature !== undefined) {
        const raw = Buffer.from(signature, 'base64url');
        forms.push(raw.toString('hex'), raw.join(''));
    }
    return forms.map(lettersOf);
}
function lettersOf(text) {
    return text.replaceAll(/[^A-Za-z0-9]/g, '');
}
/** RFC 4648, 6. */
function toBase32(bytes) {
    const letters = [];
    let [value, bits] = [0, 0];
    for (const byte of bytes) {
        value = ((value << 8) | byte) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            letters.push('abcdefghijklmnopqrstuvwxyz234567'.charAt((value >>> (bits - 5)) & 31));
    }
    return letters.join('');
}
const NO_LETTER = 255;
/** Of letters, in lower case, and of digits. */
const CODES = Uint8Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code).toLowerCase();
    return /[a-z\d]/.test(character) ? character.charCodeAt(0) : NO_LETTER;
});
function codeOf(character) {
    return CODES[character] ?? NO_LETTER;
}
function createIndex(forms) {
    // What stands between two forms is no letter of a text, so that no piece goes from one to the other.
    const codes = Buffer.from(forms.join(' ').toLowerCase());
    const chain = new Int32Array(Math.ceil(codes.length / STRIDE));
    const heads = new Int32Array(2 ** Math.ceil(Math.log2(2 * chain.length)));
    for (let seed = 0; seed * STRIDE + SEED <= codes.length; seed += 1) {
        const start = seed * STRIDE;
        const slot = hash(codes, start) & (heads.length - 1);
        chain[seed] = heads[slot] ?? 0;
        heads[slot] = seed + 1;
    }
    return { codes, heads, chain };
}
/** Of the seed that begins there (FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/). */
function hash(codes, start) {
    let value = 0x811c9dc5;
    for (let at = start; at < start + SEED; at += 1)
        value = Math.imul(value ^ (codes[at] ?? 0), 0x01000193);
    return value ^ (value >>> 15);
}
/** One character that was written otherwise: references of HTML, escapes of URLs, JSON, JavaScript and C, also twice over. */
const ESCAPE = /&(?:amp;)*(?:#x0*([\da-f]{1,4});?|#0*(\d{1,5});?|[a-z][a-z\d]{1,30};)|%(?:25)*([\da-f]{2})|\\{1,8}(?:u\{?0{0,8}([\da-f]{1,4})\}?|x([\da-f]{2})|([0-3]?[0-7]{2})|[nrtbfv0])/iy;
/** @param markup whether what stands between angle brackets is left out */
function readLetters(text, markup) {
    const codes = new Uint8Array(text.length);
    const starts = new Uint32Array(text.length);
    const ends = new Uint32Array(text.length);
    let count = 0;
    let [nextOpen, nextClose] = [-1, -1];
    for (let at = 0; at < text.length;) {
        const character = text[at] ?? '';
        let end = at + 1;
        let code = codeOf(text.charCodeAt(at));
        if (character === '<' && markup) {
            // Each is looked for once only, however many there are of the other.
            if (nextOpen <= at)
                nextOpen = indexFrom(text, '<', at + 1);
            if (nextClose <= at)
                nextClose = indexFrom(text, '>', at + 1);
            if (nextClose < nextOpen)
                end = nextClose + 1;
        }
        else if (character === '&' || character === '%' || character === '\\') {
            ESCAPE.lastIndex = at;
            const [escape, hex, decimal, percent, unicode, byte, octal] = ESCAPE.exec(text) ?? [];
            if (escape !== undefined) {
                end = at + escape.length;
                const digits = hex ?? percent ?? unicode ?? byte;
                code = codeOf(digits === undefined
                    ? Number.parseInt(decimal ?? octal ?? '', decimal === undefined ? 8 : 10)
                    : Number.parseInt(digits, 16));
            }
        }
        if (code !== NO_LETTER) {
            codes[count] = code;
            starts[count] = at;
            ends[count] = end;
            count += 1;
        }
        at = end;
    }
    return { codes: codes.subarray(0, count), starts, ends };
}
function indexFrom(text, mark, from) {
    const found = text.indexOf(mark, from);
    return found === -1 ? text.length : found;
}
/** Marks what the pieces among the letters cover of the text, with what separates their letters. */
function coverPieces({ codes, starts, ends }, index, covered) {
    let last = 0;
    for (let at = 0; at + SEED <= codes.length; at += 1) {
        const [start, end] = findPiece(codes, at, index);
        if (end - start < PIECE || end <= last)
            continue;
        covered.fill(1, starts[start], ends[end - 1]);
        // Another piece that begins within this one ends behind it, and is found by its last letters.
        last = end;
        at = Math.max(at, end - PIECE);
    }
}
/** The longest piece around a seed; an empty one where there is none. */
function findPiece(codes, at, { codes: known, heads, chain }) {
    let longest = [at, at];
    let seed = heads[hash(codes, at) & (heads.length - 1)] ?? 0;
    for (let places = 0; seed !== 0 && places < MOST_PLACES; places += 1) {
        const place = (seed - 1) * STRIDE;
        let [before, after] = [0, 0];
        while (codes[at + after] !== undefined && codes[at + after] === known[place + after])
            after += 1;
        if (after >= SEED) {
            while (before < PIECE && at > before && codes[at - before - 1] === known[place - before - 1])
                before += 1;
            if (before + after > longest[1] - longest[0])
                longest = [at - before, at + after];
        }
        seed = chain[seed - 1] ?? 0;
    }
    return longest;
}
function replaceCovered(text, covered) {
    const parts = [];
    let kept = 0;
    for (let from = covered.indexOf(1); from !== -1; from = covered.indexOf(1, kept)) {
        parts.push(text.slice(kept, from), '***');
        const end = covered.indexOf(0, from);
        kept = end === -1 ? text.length : end;
    }
    return parts.length === 0 ? text : parts.join('') + text.slice(kept);
}


/***/ }),

/***/ 6530:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $N: () => (/* binding */ codeOf),
/* harmony export */   Hk: () => (/* binding */ safeText),
/* harmony export */   IM: () => (/* binding */ contentType),
/* harmony export */   IN: () => (/* binding */ cutText),
/* harmony export */   Pl: () => (/* binding */ safeUrl),
/* harmony export */   ch: () => (/* binding */ textOfPage),
/* harmony export */   cl: () => (/* binding */ quoteValue)
/* harmony export */ });
/* harmony import */ var _likely_secret_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5750);

/**
 * Makes text from outside fit for one line of the log, an annotation or a message: one line, no control characters, no
 * direction overrides, no workflow command in the runner's old form (`##[…]`, which it finds anywhere in a line; the `::` form
 * counts only at the start of a line, where our own words stand), and not longer than `maxLength` characters.
 */
function safeText(text, maxLength = 300) {
    // A copy: a slice would keep the whole text in memory.
    const line = Buffer.from(text.slice(0, maxLength * 4))
        .toString()
        // Cc: controls; Cf: format characters such as bidirectional overrides; Zl, Zp: line and paragraph separators.
        .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
        .replaceAll('##[', '# #[')
        .trim();
    if (line.length <= maxLength && text.length <= maxLength * 4)
        return line;
    return `${cutText(line, maxLength - 1).replace(/\p{Cs}$/u, '')}…`;
}
/**
 * The beginning of a text. A word that is cut, or stands at the end, is left out where it may be a secret of the job: the
 * runner's masks know whole values only.
 */
function cutText(text, maxLength) {
    const shown = text.slice(0, maxLength);
    const [before = ''] = /(?<![\w+/=.~%-])[\w+/=.~%-]+$/.exec(shown) ?? [];
    const [after = ''] = /^[\w+/=.~%-]+/.exec(text.slice(maxLength, maxLength * 2)) ?? [];
    return (0,_likely_secret_js__WEBPACK_IMPORTED_MODULE_0__/* .describeSecret */ .w)(before + after) === undefined ? shown : shown.slice(0, shown.length - before.length);
}
/** The runner's masks know whole values only, so that a longer one is described: cut, a secret would pass them. */
const LONGEST_QUOTE = 120;
/**
 * A value as messages show it: in quotes, or described where it is long or may be a secret. Inputs and variables hold
 * secrets by mistake: a document in the place of its path, a token in the place of a name.
 */
function quoteValue(value) {
    const description = (0,_likely_secret_js__WEBPACK_IMPORTED_MODULE_0__/* .describeSecret */ .w)(value);
    if (description !== undefined)
        return description;
    return value.length > LONGEST_QUOTE ? (0,_likely_secret_js__WEBPACK_IMPORTED_MODULE_0__/* .describe */ .q)('a value', value) : `"${safeText(value, LONGEST_QUOTE)}"`;
}
/** Messages show less of a page. */
const LONGEST_PAGE_TEXT = 2_000;
/** The beginning of what a page of HTML says: without tags, and without what a browser does not show. In linear time. */
function textOfPage(page) {
    let text = '';
    /** Elements that have no end from here on. */
    const endless = new Set();
    for (let at = 0; at < page.length && text.length < LONGEST_PAGE_TEXT;) {
        const start = page.indexOf('<', at);
        const end = start === -1 ? -1 : page.indexOf('>', start);
        if (end === -1)
            return text + page.slice(at, at + LONGEST_PAGE_TEXT);
        text += `${page.slice(at, Math.min(start, at + LONGEST_PAGE_TEXT))} `;
        at = end + 1;
        const name = /^<(head|style|script)\b/i.exec(page.slice(start, start + 8))?.[1]?.toLowerCase();
        if (name === undefined || endless.has(name))
            continue;
        const closing = new RegExp(`</${name}>`, 'gi');
        closing.lastIndex = at;
        if (closing.test(page))
            at = closing.lastIndex;
        else
            endless.add(name);
    }
    return text;
}
/** A URL as messages show it: without credentials, query and fragment, which may hold secrets. */
function safeUrl(url) {
    return safeText(url.origin + url.pathname);
}
/** The error's code, such as `ECONNREFUSED` or OpenSSL's `ERR_SSL_SSL/TLS_ALERT_…`: a fixed vocabulary, unlike its message. */
function codeOf(error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return typeof code === 'string' && /^[A-Z][A-Z0-9_/]*$/.test(code) ? code : 'UNKNOWN';
}
/** The content type of an answer, where it is one of a form in which nothing secret can stand. */
function contentType(headers) {
    return (/^[a-z]+\/[a-z]{2,10}(\+[a-z]{2,5})?(?=$|[ ;])/.exec(headers['content-type'] ?? '')?.[0] ?? 'none that is known');
}


/***/ }),

/***/ 5436:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   N9: () => (/* binding */ sealText),
/* harmony export */   _n: () => (/* binding */ keepSuspects),
/* harmony export */   od: () => (/* binding */ seal),
/* harmony export */   to: () => (/* binding */ mapStrings)
/* harmony export */ });
/* harmony import */ var _json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(887);
/* harmony import */ var _likely_secret_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5750);
/* harmony import */ var _secret_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(9185);
/* harmony import */ var _token_shapes_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(7871);




/** Deeper levels are not searched, and are left out. */
const DEEPEST_NESTING = 20;
/** Members of OAuth (RFC 6749, 8693), of credential documents and of AWS whose value is a secret, whatever it looks like. */
const NAMES = 'access_?token|id_?token|refresh_?token|subject_?token|client_?secret|private_?key|api_?key|saml_?response|assertion|password|secret_?access_?key|(?:proxy-)?authorization';
const NAME = new RegExp(`^(?:${NAMES})$`, 'i');
/** Headers that a document may name and that hold no secret. */
const HARMLESS_HEADER = /^(accept|accept-\w+|content-type|user-agent|host|metadata(-flavor)?)$/i;
const SHAPE = new RegExp(`^(?:${_token_shapes_js__WEBPACK_IMPORTED_MODULE_3__/* .TOKEN_SHAPE */ .y})$`);
const SHAPE_IN_TEXT = new RegExp(_token_shapes_js__WEBPACK_IMPORTED_MODULE_3__/* .TOKEN_SHAPE */ .y, 'g');
/** Behind a name or a scheme, as in JSON within JSON, forms and headers. */
const NAMED_IN_TEXT = new RegExp(`((?:(?:${NAMES})["'\\\\\\s]{0,8}[:=]["'\\\\\\s]{0,8}(?:(?:Bearer|Basic)\\s{1,8})?|(?:Bearer|Basic)\\s{1,8}))([\\w.~+/=%-]{16,})`, 'gi');
/**
 * The gate for what comes in: secrets are known by the name of their member, by their shape, or because the caller knows
 * where one stands.
 *
 * @param format where there is a token besides those that can be told
 */
function seal(masks, text, format) {
    const trimmed = text.trim();
    // A JSON object or a page in the place of a token is none, and a mask on it would fall on ordinary words.
    if (format?.type === 'text' && /^[^\s{<]\S*$/.test(trimmed))
        return { json: masks.keep(trimmed), text: '' };
    const json = (0,_json_js__WEBPACK_IMPORTED_MODULE_0__/* .parseJson */ .qF)(trimmed);
    if (json === undefined)
        return { json, text: sealText(masks, text) };
    const sealed = mapStrings(json, (value, name, parent) => {
        if (value === '')
            return value;
        const isSecret = NAME.test(name) || name === 'Token' || (format?.type === 'json' && name === format.field) || SHAPE.test(value);
        const isHeader = parent === 'headers' && value.length >= 6 && !HARMLESS_HEADER.test(name);
        // What a secret's name holds may be a token with something around it, which is masked by itself too.
        const rest = sealText(masks, value);
        return isSecret || isHeader ? masks.keep(value) : rest;
    });
    return { json: sealed, text: '' };
}
/** Names behind which a query or a command has its secrets; their values look like paths where they name a file. */
const SUSPECT = /(token|secret|password|signature|sig|code|key)$/i;
/** Keeps what is probably secret of a query or of a program's arguments, which may come back in an answer. */
function keepSuspects(masks, pairs) {
    for (const [name, value] of pairs) {
        if ((0,_likely_secret_js__WEBPACK_IMPORTED_MODULE_1__/* .describeSecret */ .w)(value) !== undefined || (SUSPECT.test(name) && !value.includes('/')))
            masks.keep(value);
    }
}
/** Free text without the secrets in it. */
function sealText(masks, text) {
    return text
        .replaceAll(SHAPE_IN_TEXT, (found) => masks.keep(found).toString())
        .replaceAll(NAMED_IN_TEXT, (_, before, value) => {
        // What stands behind a name may be a word; it is left out all the same.
        if (/\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value) && !value.includes('/'))
            masks.keep(value);
        return `${before}***`;
    });
}
/** The same JSON with something else in the place of its strings, names of members included, and perhaps of its secrets. */
function mapStrings(value, map, mapSecret = (secret) => secret) {
    function mapAny(any, name, parent, depth) {
        if (typeof any === 'string')
            return map(any, name, parent);
        if (any instanceof _secret_js__WEBPACK_IMPORTED_MODULE_2__/* .Secret */ .z)
            return mapSecret(any);
        if (typeof any !== 'object' || any === null)
            return any;
        if (depth > DEEPEST_NESTING)
            return undefined;
        if (Array.isArray(any))
            return any.map((item) => mapAny(item, name, parent, depth + 1));
        const members = Object.entries(any);
        return Object.fromEntries(members.map(([key, member]) => [String(map(key, '', '')), mapAny(member, key, name, depth + 1)]));
    }
    return mapAny(value, '', '', 0);
}


/***/ }),

/***/ 9185:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   _: () => (/* binding */ createMasks),
/* harmony export */   z: () => (/* binding */ Secret)
/* harmony export */ });
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7975);
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_util__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _actions_core__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(9752);


/**
 * Shorter values are never masked: the runner replaces a mask wherever it finds it, and one such as "True" would take words
 * out of every log of the job and empty its outputs.
 */
const SHORTEST_MASK = 6;
/** In several lines that are no key there may be words; these are too long for one. */
const SHORTEST_UNKNOWN_LINE = 16;
let make;
/** What the runner was told to mask. It turns into text by `reveal()` alone, which lint allows where a secret has to go out. */
class Secret {
    static {
        make = (value) => new Secret(value);
    }
    #value;
    constructor(value) {
        this.#value = value;
    }
    reveal() {
        return this.#value;
    }
    matches(pattern) {
        return pattern.test(this.#value);
    }
    /** Credentials for a header: RFC 6750, 2.1. */
    asBearer() {
        return this.within('Bearer ', '');
    }
    /** A longer text in which nothing else is secret, and which therefore is not masked itself. */
    within(before, after) {
        return new Secret(before + this.#value + after);
    }
    /** Basic credentials (RFC 7617) of a user whose password this is. */
    asPasswordOf(user) {
        return new Secret(`Basic ${Buffer.from(`${user}:${this.#value}`).toString('base64')}`);
    }
    toString() {
        return '***';
    }
    toJSON() {
        return '***';
    }
    [node_util__WEBPACK_IMPORTED_MODULE_0__.inspect.custom]() {
        return '***';
    }
}
/** Masks that the runner applies to the log of the whole job. */
function createMasks(register = _actions_core__WEBPACK_IMPORTED_MODULE_1__/* .setSecret */ .Pq) {
    const masked = new Map();
    return {
        keep(untrimmed) {
            const value = untrimmed.trim();
            const fresh = new Set(findMasks(value).filter((mask) => mask.length >= SHORTEST_MASK && !masked.has(mask)));
            for (const mask of fresh) {
                // One command for each: other runners than GitHub's own, such as act's, do not split a value into lines.
                register(mask);
                masked.set(mask, make(mask));
            }
            return masked.get(value) ?? make(value);
        },
        known: () => [...masked.values()]
    };
}
/** What has to be masked so that a value cannot be used: single lines, and no ordinary words. */
function findMasks(value) {
    const armor = /-----[^-]*-----/g;
    if (/[\r\n]|-----/.test(value)) {
        const words = value.replaceAll(armor, ' ').split(/\\n|%0[AD]|\s+/);
        // A key in PEM, but not its "-----BEGIN …-----", which is no secret; or base64 in lines.
        const shortest = value.includes('-----') || words.every(isBase64) ? SHORTEST_MASK : SHORTEST_UNKNOWN_LINE;
        return words.filter((word) => word.length >= shortest && isBase64(word));
    }
    // Credentials of a header (RFC 9110, 11.4); those of Basic hold a password (RFC 7617).
    const [, scheme = '', credentials] = /^(\w+) +(\S+)$/.exec(value) ?? [];
    if (credentials !== undefined) {
        const [, password] = /^[^:]*:(.*)$/.exec(Buffer.from(credentials, 'base64').toString('utf8')) ?? [];
        return [
            ...findMasks(credentials),
            ...(scheme.toLowerCase() === 'basic' && password !== undefined ? [password] : [])
        ];
    }
    // Of a JWT (RFC 7515, 7.1) also the signature, without which the rest is worthless.
    const [, signature] = /^[\w-]+\.[\w-]+\.([\w-]+)$/.exec(value) ?? [];
    return [value, ...(signature === undefined ? [] : [signature])];
}
function isBase64(word) {
    return /^[\w+/=-]*$/.test(word);
}


/***/ }),

/***/ 7085:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   E: () => (/* binding */ readSmallFile)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3024);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_fs__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(1455);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_fs_promises__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _safe_text_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6530);



/** No credential is as large as this. */
const MOST_BYTES = 1024 * 1024;
/** Reads a file that a person named: a regular one, and not larger than 1 MiB, so that neither a pipe nor a disk image hangs us. */
async function readSmallFile(path) {
    try {
        // Without O_NONBLOCK, which Windows does not have, opening a pipe waits for a writer.
        const file = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)(path, process.platform === 'win32' ? 'r' : node_fs__WEBPACK_IMPORTED_MODULE_0__.constants.O_RDONLY | node_fs__WEBPACK_IMPORTED_MODULE_0__.constants.O_NONBLOCK);
        try {
            const status = await file.stat();
            if (!status.isFile())
                return { ok: false, missing: false, reason: 'it is not a regular file' };
            if (status.size > MOST_BYTES)
                return { ok: false, missing: false, reason: 'it is larger than 1 MiB' };
            return { ok: true, content: await file.readFile('utf8') };
        }
        finally {
            await file.close();
        }
    }
    catch (error) {
        const code = (0,_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .codeOf */ .$N)(error);
        const missing = code === 'ENOENT' || code === 'ENOTDIR';
        return { ok: false, missing, reason: missing ? 'it does not exist' : `it cannot be read (${code})` };
    }
}


/***/ }),

/***/ 7871:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   K: () => (/* binding */ TOKEN_BEGINNING),
/* harmony export */   y: () => (/* binding */ TOKEN_SHAPE)
/* harmony export */ });
/** Tokens and keys by how they begin, which is where a cut one is known by as well, and by how they go on. */
const SHAPES = [
    // JWTs (RFC 7519, 3.1) and other JSON in base64; the parts of a JWT may stand in a URL.
    ['e(?:yJ|yAi|wogI|woJI|w0KI)[\\w-]{6}', '[\\w-]{2,}(?:(?:\\.|%2E)[\\w-]*){0,4}'],
    // Google's access tokens, refresh tokens, API keys and client secrets.
    ['ya29\\.', '[\\w.-]{8,}'],
    ['\\b1(?://|%2F%2F)0', '[\\w-]{20,}'],
    ['AIza', '[\\w-]{30,}'],
    ['GOCSPX-', '[\\w-]{10,}'],
    // GitHub's tokens.
    ['gh[oprsu]_|github_pat_', '\\w{30,}'],
    ['-----BEGIN', '[^-]{0,40}PRIVATE.{1,3}KEY-----[^-]*(?:-----END[^-]{0,40}-----)?']
];
/** How a token or key begins, wherever it stands. */
const TOKEN_BEGINNING = new RegExp(SHAPES.map(([beginning]) => beginning).join('|'));
/** A whole token or key, as a part of a pattern. */
const TOKEN_SHAPE = SHAPES.map(([beginning, rest]) => `(?:${beginning})${rest}`).join('|');


/***/ }),

/***/ 8305:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Kb: () => (/* binding */ isJobOver),
/* harmony export */   nR: () => (/* binding */ oidcFailed),
/* harmony export */   yX: () => (/* binding */ oidcUnavailable)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2456);
/* harmony import */ var _world_failures_restricted_run_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4173);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(6530);
/* harmony import */ var _token_refusal_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(2813);
/* harmony import */ var _world_outcome_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(312);







/** The runner offers no OIDC token to this job; why, can only be told from what the runner says about the event. */
function oidcUnavailable(env, restriction) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({ code: 'OIDC_UNAVAILABLE', ...explainAbsence(env, restriction) });
}
const PERMISSIONS = ['    permissions:', '      contents: read', '      id-token: write'];
function explainAbsence(env, restriction) {
    if (env['GITHUB_ACTIONS'] !== 'true') {
        return {
            sentence: 'workload_identity_provider is set, and this is not a job of GitHub Actions, so that there is no OIDC token.',
            remedy: 'Leave workload_identity_provider empty, and use Application Default Credentials.',
            snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_3__/* .inTerminal */ .e5)('sign in on this machine', 'gcloud auth application-default login')]
        };
    }
    const { id, named } = (0,_world_failures_restricted_run_js__WEBPACK_IMPORTED_MODULE_2__/* .describeJob */ .hx)(env);
    switch (restriction?.kind) {
        case 'Dependabot':
            return {
                sentence: 'Dependabot started this run, and GitHub gives such a run no OIDC token unless the job asks for id-token: write.',
                remedy: `Skip job ${id} for Dependabot, or add id-token: write to the permissions of job ${id}.`,
                snippets: [
                    (0,_world_failures_restricted_run_js__WEBPACK_IMPORTED_MODULE_2__/* .skipDependabot */ .AV)(id),
                    { ...(0,_world_failures_restricted_run_js__WEBPACK_IMPORTED_MODULE_2__/* .inJob */ .tq)(id, ...PERMISSIONS), place: 'Or in the workflow, so that the job runs for Dependabot too' }
                ]
            };
        case 'fork':
            return {
                sentence: `This pull request comes from the fork ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_4__/* .safeText */ .Hk)(restriction.repository)}, and GitHub gives jobs of forks no OIDC token.`,
                remedy: `Skip job ${id} for pull requests from forks; on push after the merge the same job gets a token.`,
                snippets: [(0,_world_failures_restricted_run_js__WEBPACK_IMPORTED_MODULE_2__/* .skipForks */ .Fr)(id)]
            };
        case undefined:
            return {
                sentence: `${named} has no permission id-token: write.`,
                cause: 'What permissions of a job or workflow do not name, the job is not allowed to do.',
                remedy: `Add id-token: write under permissions of job ${id} (with contents: read, which actions/checkout needs); if ${id} is in a reusable workflow, also under permissions of the job that calls the workflow.`,
                snippets: [
                    (0,_world_failures_restricted_run_js__WEBPACK_IMPORTED_MODULE_2__/* .inJob */ .tq)(id, ...PERMISSIONS),
                    (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_3__/* .inYaml */ .$7)('Where the job is in a reusable workflow, in the workflow that calls it too', 'jobs:', '  CALLING_JOB:', '    uses: OWNER/REPOSITORY/.github/workflows/REUSABLE.yml@main', ...PERMISSIONS)
                ]
            };
    }
}
/**
 * GitHub's endpoint refused, failed, or gave something else than a token.
 *
 * @param endpoint undefined where the runner gave none that is valid
 */
function oidcFailed(endpoint, what, attempts = 1) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'OIDC_FAILED',
        ...explainFailure(endpoint, what, (0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_6__/* .inAttempts */ .yy)(attempts)),
        answer: what?.answered === true && what.status >= 400 ? (0,_token_refusal_js__WEBPACK_IMPORTED_MODULE_5__/* .quoteRefusal */ .HJ)((0,_token_refusal_js__WEBPACK_IMPORTED_MODULE_5__/* .readRefusal */ .ni)(what)) : undefined
    });
}
const JOB_OVER = 'The job is over, or its variables were carried to another job.';
/** Whether GitHub no longer gives tokens to this job. */
function isJobOver({ text }) {
    return text.cause === JOB_OVER;
}
function explainFailure(endpoint, what, attempts) {
    if (endpoint === undefined || what === undefined) {
        return {
            sentence: 'GitHub cannot be asked for an OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL is not an https URL.',
            cause: 'A step or the workflow overwrote what the runner puts there.',
            remedy: 'Leave ACTIONS_ID_TOKEN_REQUEST_URL as the runner sets this variable.',
            snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_3__/* .onRunner */ .o)('see the variable', 'env | grep ACTIONS_ID_TOKEN_REQUEST_URL')]
        };
    }
    const host = (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_4__/* .safeText */ .Hk)(endpoint.host);
    if (!what.answered) {
        return {
            ...(0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainNoAnswer */ .n)(what, endpoint, 'GitHub'),
            sentence: `GitHub's token endpoint ${host} gave no OIDC token: ${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_6__/* .describeOutcome */ .SS)(what)}${attempts}.`
        };
    }
    if ((what.headers['content-type'] ?? '').startsWith('text/html') || what.status < 400)
        return explainOddAnswer(endpoint, what);
    const words = (0,_token_refusal_js__WEBPACK_IMPORTED_MODULE_5__/* .quoteWords */ .AD)((0,_token_refusal_js__WEBPACK_IMPORTED_MODULE_5__/* .readRefusal */ .ni)(what));
    const sentence = `GitHub's token endpoint ${host} gave no OIDC token: ${words.startsWith('"') ? `status ${what.status}, ` : ''}${words}${attempts}.`;
    // https://github.com/google-github-actions/auth/issues/325
    if (/Completed|Cancell?ed/.test(words)) {
        return {
            sentence: `GitHub gives no OIDC token any more: ${words} (${host}, status ${what.status}).`,
            cause: JOB_OVER,
            remedy: 'ACTIONS_ID_TOKEN_REQUEST_TOKEN belongs to a job that is over: remove the variable from env: and outputs of the workflow, and from .env of a self-hosted runner; end background processes of that job.'
        };
    }
    return what.status === 401 || what.status === 403
        ? {
            sentence,
            cause: JOB_OVER,
            remedy: 'Run this step in the job that needs the token, without setting ACTIONS_ID_TOKEN_REQUEST_TOKEN or _URL.'
        }
        : {
            sentence,
            cause: 'GitHub Actions may have an incident.',
            remedy: 'Run the job again; https://www.githubstatus.com shows incidents of GitHub.'
        };
}
function explainOddAnswer(endpoint, { status, headers }) {
    return {
        ...(0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainInterception */ .K)(endpoint),
        sentence: `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_4__/* .safeText */ .Hk)(endpoint.host)} answered with status ${status}, but without an OIDC token (content type: ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_4__/* .contentType */ .IM)(headers)}).`
    };
}


/***/ }),

/***/ 1054:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  g: () => (/* binding */ findIdentity)
});

// EXTERNAL MODULE: ./src/failure/failure.ts
var failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/failure/snippets.ts
var snippets = __nccwpck_require__(1926);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/token/principal.ts
var token_principal = __nccwpck_require__(35);
// EXTERNAL MODULE: ./src/world/failures/restricted-run.ts
var restricted_run = __nccwpck_require__(4173);
;// CONCATENATED MODULE: ./src/identity/failures/credentials.ts





const SERVICE_ACCOUNT = `service_account: ${snippets/* UNKNOWN_ACCOUNT */.vJ}`;
/** The inputs by which a job of GitHub needs no stored credential. */
const FEDERATION = [
    'workload_identity_provider: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER',
    SERVICE_ACCOUNT
];
/** Makes the file of google-github-actions/auth in the job that uses it, after a checkout, which would remove the file. */
const RUN_AUTH = (0,snippets/* inWorkflow */.FT)('steps:', '  - uses: actions/checkout@v5', '  - uses: google-github-actions/auth@v3 # with its inputs');
const PERMISSIONS = (0,snippets/* inWorkflow */.FT)('permissions:', '  contents: read', '  id-token: write');
const FIND_PROVIDER = (0,snippets/* inTerminal */.e5)('learn the full name of the provider; the first command shows POOL', ...snippets/* LIST_PROVIDERS */.iY);
/**
 * No credential anywhere.
 *
 * @param looked the places, in order, with what was found there
 * @param hasAccount whether the input service_account is set, which is of no use alone
 */
function credentialsNotFound(looked, env, hasAccount, restriction) {
    const code = 'CREDENTIALS_NOT_FOUND';
    const places = `looked in: ${looked.map((place) => (0,safe_text/* safeText */.Hk)(place)).join('; ')}`;
    if (env['GITHUB_ACTIONS'] !== 'true') {
        return new failure/* Failure */.HR({
            code,
            sentence: `No Google credential was found; ${places}.`,
            cause: 'No person has signed in for programs on this machine; "gcloud auth login" is for gcloud alone.',
            remedy: 'Sign in for programs, or set GOOGLE_APPLICATION_CREDENTIALS.',
            snippets: [(0,snippets/* inTerminal */.e5)('sign in on this machine', 'gcloud auth application-default login')]
        });
    }
    const empty = hasAccount
        ? 'service_account is set, but workload_identity_provider is empty'
        : 'The inputs for a credential are empty';
    const withheld = (0,restricted_run/* explainWithheld */.Lc)(env, restriction);
    if (withheld !== undefined) {
        const { because, ...advice } = withheld;
        return new failure/* Failure */.HR({ code, sentence: `${empty}, because ${because}; ${places}.`, ...advice });
    }
    return new failure/* Failure */.HR({
        code,
        sentence: `${hasAccount ? `${empty} (absent, or its expression gave nothing), and no` : 'No'} Google credential was found; ${places}.`,
        cause: 'An expression for an input gives nothing where a secret or variable has another name, and secrets are empty in pull requests from forks and in runs of Dependabot.',
        remedy: hasAccount
            ? 'Write the full name of the provider, projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER, into workload_identity_provider; the name is no secret.'
            : 'Set workload_identity_provider and service_account, or run google-github-actions/auth before this step.',
        snippets: [(0,snippets/* inStep */.qg)(...FEDERATION), PERMISSIONS, FIND_PROVIDER]
    });
}
/**
 * A document that cannot be used.
 *
 * @param problem says what is wrong without quoting the document
 */
function credentialsInvalid(origin, problem, flaw = 'broken') {
    return new failure/* Failure */.HR({
        code: 'CREDENTIALS_INVALID',
        sentence: `The credential in ${(0,safe_text/* safeText */.Hk)(origin)} cannot be used: ${(0,safe_text/* safeText */.Hk)(problem)}.`,
        ...adviseOn(flaw)
    });
}
const FROM_SECRET = (0,snippets/* inStep */.qg)('credentials_json: ${{ secrets.NAME_OF_SECRET }}');
const STORE_DOCUMENT = [
    (0,snippets/* inTerminalWithGh */.RY)('store the whole file', 'cat credentials.json | gh secret set NAME_OF_SECRET'),
    FROM_SECRET
];
const FLAWS = {
    broken: {
        remedy: 'Store the whole file that Google made, unedited, as JSON or as base64 of the JSON.',
        snippets: STORE_DOCUMENT
    },
    'path for content': {
        remedy: 'Give credentials_json the content of the file; the path of a file belongs into the variable GOOGLE_APPLICATION_CREDENTIALS.',
        snippets: STORE_DOCUMENT
    },
    'external account': {
        remedy: 'Let gcloud make the document again, or set workload_identity_provider in this step, which needs none.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('make the document again; TOKEN_FILE is the file with the own token of the identity', `gcloud iam workload-identity-pools create-cred-config projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER --service-account=${snippets/* UNKNOWN_ACCOUNT */.vJ} --credential-source-file=TOKEN_FILE --output-file=credentials.json`),
            (0,snippets/* inStep */.qg)(...FEDERATION)
        ]
    },
    'missing file': {
        cause: 'GOOGLE_APPLICATION_CREDENTIALS is misspelled, or its file was removed or belongs to another machine.',
        remedy: 'Let GOOGLE_APPLICATION_CREDENTIALS name a file that exists, or set workload_identity_provider instead.',
        snippets: [(0,snippets/* onRunner */.o)('see the file', 'ls -l "$GOOGLE_APPLICATION_CREDENTIALS"'), (0,snippets/* inStep */.qg)(...FEDERATION)]
    },
    'removed file': {
        cause: 'The file is gone: most often, a checkout after google-github-actions/auth removed what that had left in the workspace.',
        remedy: 'Put actions/checkout before google-github-actions/auth, or set workload_identity_provider instead.',
        snippets: [RUN_AUTH, (0,snippets/* inStep */.qg)(...FEDERATION)]
    },
    'content for path': {
        cause: 'GOOGLE_APPLICATION_CREDENTIALS takes a path; the input credentials_json takes the content.',
        remedy: 'Give the document to the input credentials_json, and leave GOOGLE_APPLICATION_CREDENTIALS unset.',
        snippets: [FROM_SECRET]
    },
    'foreign host': {
        cause: "The address is misspelled, or was changed so that a secret goes to another host than Google's.",
        remedy: 'Do not use the document; find out who made the document, or set workload_identity_provider.',
        snippets: [(0,snippets/* inStep */.qg)(...FEDERATION)]
    },
    misspelled: {
        remedy: 'Correct the e-mail in the document, or let gcloud make the document again.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the accounts of the project', 'gcloud iam service-accounts list --project=PROJECT --format="value(email)"')
        ]
    },
    'plain http': {
        cause: 'Over plain http, others on the network could read the token of the external identity, or put another in its place.',
        remedy: 'Let "credential_source" of the document name an https URL.',
        snippets: [(0,snippets/* inDocument */.Dc)('"credential_source": { "url": "https://…" }')]
    },
    'secret over http': {
        cause: 'Over plain http, others on the network could read the secret.',
        remedy: 'Let each URL of the document start with https://.'
    },
    'private key': {
        cause: 'The line breaks of the key got lost or were doubled on the way into the secret.',
        remedy: 'Store the file of the key unchanged, or as base64 of the file.',
        snippets: STORE_DOCUMENT
    }
};
function adviseOn(flaw) {
    if (typeof flaw === 'string')
        return FLAWS[flaw];
    if ('universe' in flaw)
        return adviseOnUniverse((0,safe_text/* safeText */.Hk)(flaw.universe));
    return {
        cause: 'The path leads to something else than a small file that this user may read.',
        remedy: 'Let the path lead to the document itself, and let the user of the job read the file.',
        snippets: [(0,snippets/* onRunner */.o)('see the file', `ls -l ${(0,snippets/* shellWord */.r7)(flaw.unreadable.replace(/^-/, './-'))}`)]
    };
}
function adviseOnUniverse(universe) {
    return {
        cause: 'Each universe has its own hosts and accounts.',
        remedy: `Set the input universe to ${universe}, the credential's universe.`,
        snippets: [(0,snippets/* inStep */.qg)(`universe: ${universe}`)]
    };
}
/** A credential for which Google issues no ID tokens. */
function credentialsUnsupported(origin, kind) {
    return new failure/* Failure */.HR({
        code: 'CREDENTIALS_UNSUPPORTED',
        sentence: `The credential in ${(0,safe_text/* safeText */.Hk)(origin)} is ${kind}, which can never give an ID token.`,
        cause: 'An ID token states a Google identity, and this credential has none. Granting roles does not help.',
        remedy: 'Set workload_identity_provider and service_account instead of this credential, or store the key of a service account.',
        snippets: [(0,snippets/* inStep */.qg)(...FEDERATION), FIND_PROVIDER]
    });
}
/** A person signs nothing, and Identity-Aware Proxy takes the JWTs of service accounts only. */
function signatureUnsupported(credential) {
    return new failure/* Failure */.HR({
        code: 'CREDENTIALS_UNSUPPORTED',
        sentence: `With ${(0,safe_text/* safeText */.Hk)(credential.description)} there is no service account that could sign a JWT for Identity-Aware Proxy (token: iap_jwt).`,
        cause: 'Only service accounts sign such a JWT.',
        remedy: 'Set service_account to an account that the person may impersonate, or use another credential.',
        snippets: [(0,snippets/* inStep */.qg)(SERVICE_ACCOUNT)]
    });
}
/**
 * A federated or workforce identity by itself.
 *
 * @param isOfAuth whether google-github-actions/auth made the document
 * @param withheld why the input for the account is empty, where that is known
 */
function serviceAccountRequired({ description, principal }, isOfAuth = false, withheld) {
    const code = 'SERVICE_ACCOUNT_REQUIRED';
    const happened = `Google issues ID tokens for service accounts only, and no service_account is set for ${(0,safe_text/* safeText */.Hk)(description)}`;
    if (withheld !== undefined) {
        const { because, ...advice } = withheld;
        return new failure/* Failure */.HR({ code, sentence: `${happened}: ${because}.`, ...advice });
    }
    return new failure/* Failure */.HR({
        code,
        sentence: `${happened}.`,
        cause: `A federated identity has to impersonate a service account to get an ID token${principal.includes('/attribute.') ? ', and the provider has to map the attribute that the grant names' : ''}.`,
        remedy: `Set the input service_account to the account that may call the service, and grant ${(0,safe_text/* safeText */.Hk)((0,token_principal/* narrowPrincipal */.AN)(principal))} roles/iam.serviceAccountOpenIdTokenCreator on that account.`,
        snippets: [
            (0,snippets/* inStep */.qg)(SERVICE_ACCOUNT),
            isOfAuth && (0,snippets/* inYaml */.$7)('Or in the step with google-github-actions/auth, under "with"', SERVICE_ACCOUNT),
            (0,snippets/* inTerminal */.e5)('see the accounts of the project', 'gcloud iam service-accounts list --project=PROJECT'),
            (0,snippets/* inTerminal */.e5)(`allow the identity to impersonate the account${principal.endsWith('/*') ? '; SUBJECT is what the provider maps to google.subject' : ''}`, `gcloud iam service-accounts add-iam-policy-binding ${(0,snippets/* accountWord */.YN)(snippets/* UNKNOWN_ACCOUNT */.vJ)} --member=${(0,snippets/* shellWord */.r7)((0,token_principal/* narrowPrincipal */.AN)(principal))} --role=roles/iam.serviceAccountOpenIdTokenCreator`)
        ]
    });
}

// EXTERNAL MODULE: ./src/inputs/failures.ts
var failures = __nccwpck_require__(4042);
// EXTERNAL MODULE: ./src/world/restricted-run.ts
var world_restricted_run = __nccwpck_require__(4539);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
var external_node_path_default = /*#__PURE__*/__nccwpck_require__.n(external_node_path_);
// EXTERNAL MODULE: ./src/guard/likely-secret.ts
var likely_secret = __nccwpck_require__(5750);
// EXTERNAL MODULE: ./src/guard/small-file.ts
var small_file = __nccwpck_require__(7085);
// EXTERNAL MODULE: ./src/guard/json.ts
var guard_json = __nccwpck_require__(887);
;// CONCATENATED MODULE: ./src/identity/broken-document.ts

/** Texts of JSON, with one that has no end: a search that began anew behind each quote of it would take quadratic time. */
const TEXT = /"(?:[^"\\]|\\(?:.|$))*("?)/gs;
/** What people give in the place of a document, the first that fits. */
const KINDS = [
    ['the *** that GitHub shows in the place of a secret', (text) => /^\*+$/.test(text)],
    ['an expression that was not evaluated', (text) => /^\$\{\{.*\}\}$/s.test(text)],
    ['a private key in PEM alone, without the document around the key', (text) => /^-----BEGIN[^-]*KEY-----/.test(text)],
    ['a JSON list', (text) => Array.isArray((0,guard_json/* parseJson */.qF)(text))],
    ['a JSON text that holds the document, with quotes around everything', (text) => typeof (0,guard_json/* parseJson */.qF)(text) === 'string'],
    ['JSON whose quotes were lost', (text) => /^\{\s*\w+\s*:/.test(text)],
    ['JSON with a line break inside of a text, where \\n has to stand', (text) => isJson(text) && hasBrokenText(text)],
    ['JSON that is cut off', (text) => isJson(text) && isCutOff(text)],
    ['JSON with a mistake in it', isJson],
    ['base64 of a document', (text) => (0,guard_json/* isObject */.Gv)((0,guard_json/* parseJson */.qF)(decode(text)))],
    ['a path', isPath]
];
/** @returns what a text is that should have been a document, without any piece of it */
function describeBroken(text) {
    const found = findKind(text);
    if (found !== undefined)
        return `it is ${found} (${text.length.toLocaleString('en')} characters)`;
    const inside = findKind(decode(text).trim());
    return inside === undefined ? 'it is neither a JSON object nor base64 of one' : `it is base64 of ${inside}`;
}
/** Whether it is the place of a document, and not the document. */
function isPath(text) {
    return text.length <= 260 && /^(?:[~.\w-]*\/|[A-Za-z]:\\|\\\\)?[\w .~\\/-]*\.json$/.test(text);
}
function findKind(text) {
    return KINDS.find(([, is]) => is(text))?.[0];
}
function decode(text) {
    return /^[\w+/=\s-]+$/.test(text) ? Buffer.from(text, 'base64').toString('utf8') : '';
}
function isJson(text) {
    return /^[{[]/.test(text);
}
/** RFC 8259, 7: a text has no control characters in it, which the key of a service account would bring. */
function hasBrokenText(text) {
    return text.match(TEXT)?.some((each) => each.includes('\n')) === true;
}
/** Whether a text, an object or a list in it has no end. */
function isCutOff(text) {
    const bare = text.replaceAll(TEXT, '');
    const count = (brackets) => bare.match(brackets)?.length ?? 0;
    const last = [...text.matchAll(TEXT)].at(-1);
    return last?.[1] === '' || count(/[{[]/g) > count(/[}\]]/g);
}

// EXTERNAL MODULE: ./src/token/google-hosts.ts
var google_hosts = __nccwpck_require__(7352);
// EXTERNAL MODULE: ./src/inputs/values.ts
var values = __nccwpck_require__(8463);
// EXTERNAL MODULE: ./src/guard/seal.ts
var seal = __nccwpck_require__(5436);
// EXTERNAL MODULE: ./src/world/request.ts
var request = __nccwpck_require__(3053);
// EXTERNAL MODULE: ./src/guard/secret.ts
var secret = __nccwpck_require__(9185);
;// CONCATENATED MODULE: ./src/identity/subject-token/source.ts




/** https://google.aip.dev/auth/4117#determining-the-subject-token-in-executable-sourced-credentials */
const EXECUTABLE_TIMEOUT_MS = 30_000;
/**
 * @throws {Failure} CREDENTIALS_INVALID
 */
function readSubjectTokenSource(raw, origin) {
    const environment = (0,guard_json/* stringIn */.tB)(raw, 'environment_id');
    if (environment !== undefined) {
        if (environment !== 'aws1')
            throw broken(origin, '"environment_id" of "credential_source" is not "aws1"');
        if ((0,guard_json/* stringIn */.tB)(raw, 'regional_cred_verification_url') === undefined) {
            throw broken(origin, '"regional_cred_verification_url" of "credential_source" is missing');
        }
        for (const name of ['region_url', 'url', 'imdsv2_session_token_url']) {
            if (raw[name] !== undefined)
                sourceUrl(raw, name, origin);
        }
        return { kind: 'aws', raw };
    }
    if ((0,guard_json/* isObject */.Gv)(raw['certificate']))
        return { kind: 'certificate', raw };
    if ((0,guard_json/* isObject */.Gv)(raw['executable']))
        return readExecutable(raw['executable'], origin);
    const path = (0,guard_json/* stringIn */.tB)(raw, 'file');
    if (path !== undefined)
        return { kind: 'file', path, format: readFormat(raw, origin) };
    if (raw['url'] !== undefined) {
        const headers = Object.entries((0,guard_json/* objectIn */.D7)(raw, 'headers')).filter((entry) => typeof entry[1] === 'string' || entry[1] instanceof secret/* Secret */.z);
        return {
            kind: 'url',
            url: sourceUrl(raw, 'url', origin),
            headers: Object.fromEntries(headers),
            format: readFormat(raw, origin)
        };
    }
    throw broken(origin, '"credential_source" names no file, url, executable, certificate or AWS environment');
}
/** Any `https` host, or plain `http` where it stays on the machine: the identity provider's, which never sees a Google token. */
function sourceUrl(raw, name, origin) {
    const value = (0,guard_json/* stringIn */.tB)(raw, name) ?? '';
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined)
        throw broken(origin, `"${name}" of "credential_source" is not a URL`);
    if (url.protocol === 'https:' || (url.protocol === 'http:' && (0,request/* isLocalUrl */.L)(url)))
        return url;
    throw credentialsInvalid(origin, `"${name}" of "credential_source" points to ${url.origin === 'null' ? url.protocol : url.origin}, which is neither https nor a loopback or link-local address`, 'plain http');
}
function readFormat(raw, origin) {
    const format = (0,guard_json/* objectIn */.D7)(raw, 'format');
    const type = (0,guard_json/* stringIn */.tB)(format, 'type') ?? 'text';
    if (type === 'text')
        return { type };
    const field = (0,guard_json/* stringIn */.tB)(format, 'subject_token_field_name');
    if (type === 'json' && field !== undefined)
        return { type, field };
    throw broken(origin, '"format" of "credential_source" is neither text nor json with a "subject_token_field_name"');
}
function readExecutable(raw, origin) {
    const command = (0,guard_json/* stringIn */.tB)(raw, 'command');
    if (command === undefined)
        throw broken(origin, '"command" of "executable" is missing');
    const timeoutMs = raw['timeout_millis'] ?? EXECUTABLE_TIMEOUT_MS;
    if (typeof timeoutMs !== 'number' || !(timeoutMs >= 5_000 && timeoutMs <= 120_000)) {
        throw broken(origin, '"timeout_millis" of "executable" is not between 5000 and 120000');
    }
    return { kind: 'executable', command, timeoutMs, outputFile: (0,guard_json/* stringIn */.tB)(raw, 'output_file') };
}
function broken(origin, problem) {
    return credentialsInvalid(origin, problem, 'external account');
}

;// CONCATENATED MODULE: ./src/identity/document.ts









/** gcloud nests one document in another; more levels than this are never needed. */
const DEEPEST_NESTING = 5;
/**
 * Reads a credential document: JSON, or base64 of it. Every host in it that would receive a secret is checked.
 *
 * @param origin where it came from, for messages
 * @throws {Failure} CREDENTIALS_INVALID or CREDENTIALS_UNSUPPORTED; no message quotes the document
 */
function readDocument(masks, text, origin, universe) {
    // This takes away a byte order mark too, which some editors leave.
    const trimmed = text.trim();
    if (trimmed === '')
        throw credentialsInvalid(origin, 'it is empty');
    // https://cloud.google.com/docs/authentication/api-keys
    if (/^AIza[\w-]{30,}$/.test(trimmed)) {
        masks.keep(trimmed);
        throw credentialsUnsupported(origin, 'an API key');
    }
    const json = trimmed.startsWith('{') ? trimmed : Buffer.from(trimmed, 'base64').toString('utf8');
    const known = masks.known().length;
    const value = (0,seal/* seal */.od)(masks, json).json;
    if (!(0,guard_json/* isObject */.Gv)(value)) {
        (0,seal/* sealText */.N9)(masks, trimmed);
        throw credentialsInvalid(origin, describeBroken(trimmed), isPath(trimmed) ? 'path for content' : 'broken');
    }
    // A document without a secret is none itself.
    if (json !== trimmed && masks.known().length > known)
        masks.keep(trimmed);
    return checkDocument(value, origin, universe, 0);
}
function checkDocument(raw, origin, universe, depth) {
    const declaredUniverse = (0,guard_json/* stringIn */.tB)(raw, 'universe_domain');
    if (declaredUniverse !== undefined && declaredUniverse !== universe) {
        throw credentialsInvalid(origin, `it is for the universe ${(0,safe_text/* quoteValue */.cl)(declaredUniverse)}, and the input universe says "${universe}"`, { universe: declaredUniverse });
    }
    const type = raw['type'];
    if (typeof type === 'string' && Object.hasOwn(READERS, type))
        return READERS[type](createMembers(raw, origin, universe), depth);
    if (type === 'gdch_service_account')
        throw credentialsUnsupported(origin, 'a Google Distributed Cloud identity (gdch_service_account)');
    if ((0,guard_json/* secretIn */.u7)(raw, 'api_key') !== undefined)
        throw credentialsUnsupported(origin, 'an API key');
    throw credentialsInvalid(origin, describeUnknownType(raw));
}
/** The members of a document, which is CREDENTIALS_INVALID without one that is demanded. */
function createMembers(raw, origin, universe) {
    const missing = (name) => {
        const trouble = raw['type'] === 'external_account' ? 'external account' : 'broken';
        throw credentialsInvalid(origin, `"${name}" is missing`, trouble);
    };
    return {
        raw,
        origin,
        universe,
        text: (name) => (0,guard_json/* stringIn */.tB)(raw, name) ?? missing(name),
        secret: (name) => (0,guard_json/* secretIn */.u7)(raw, name) ?? missing(name),
        url: (name, service) => googleUrl(raw, name, service, universe, origin),
        missing
    };
}
/** Readers of the documents that can lead to an ID token, by their type: https://google.aip.dev/auth/4110 */
const READERS = {
    service_account: readServiceAccount,
    authorized_user: readAuthorizedUser,
    external_account: readExternalAccount,
    external_account_authorized_user: readWorkforceUser,
    impersonated_service_account: readImpersonatedAccount
};
function readServiceAccount({ raw, origin, universe, text, secret, url }) {
    return {
        type: 'service_account',
        origin,
        email: checkEmail(text('client_email'), 'client_email', origin),
        privateKey: secret('private_key'),
        keyId: (0,guard_json/* stringIn */.tB)(raw, 'private_key_id'),
        tokenUrl: url('token_uri', 'oauth2') ?? (0,google_hosts/* oauthTokenUrl */.GH)(universe)
    };
}
function readAuthorizedUser({ origin, universe, text, secret, url }) {
    return {
        type: 'authorized_user',
        origin,
        clientId: text('client_id'),
        clientSecret: secret('client_secret'),
        refreshToken: secret('refresh_token'),
        tokenUrl: url('token_uri', 'oauth2') ?? (0,google_hosts/* oauthTokenUrl */.GH)(universe)
    };
}
function readExternalAccount({ raw, origin, universe, text, url }) {
    const id = (0,guard_json/* stringIn */.tB)(raw, 'client_id');
    return {
        type: 'external_account',
        origin,
        audience: text('audience'),
        subjectTokenType: text('subject_token_type'),
        tokenUrl: url('token_url', 'sts') ?? (0,google_hosts/* stsUrl */.on)(universe, 'token'),
        client: id === undefined ? undefined : { id, secret: (0,guard_json/* secretIn */.u7)(raw, 'client_secret') },
        userProject: (0,guard_json/* stringIn */.tB)(raw, 'workforce_pool_user_project'),
        source: readSubjectTokenSource((0,guard_json/* objectIn */.D7)(raw, 'credential_source'), origin),
        account: impersonatedAccount(raw, universe, origin)
    };
}
function readWorkforceUser({ raw, origin, universe, text, secret, url }) {
    return {
        type: 'external_account_authorized_user',
        origin,
        client: { id: text('client_id'), secret: secret('client_secret') },
        refreshToken: secret('refresh_token'),
        tokenUrl: url('token_url', 'sts') ?? (0,google_hosts/* stsUrl */.on)(universe, 'oauthtoken'),
        pool: ((0,guard_json/* stringIn */.tB)(raw, 'audience') ?? '').replace(/\/providers\/.*$/, '')
    };
}
function readImpersonatedAccount({ raw, origin, universe, missing }, depth) {
    const source = raw['source_credentials'];
    if (!(0,guard_json/* isObject */.Gv)(source))
        return missing('source_credentials');
    if (depth >= DEEPEST_NESTING)
        throw credentialsInvalid(origin, '"source_credentials" are nested too deeply');
    const account = impersonatedAccount(raw, universe, origin) ?? missing('service_account_impersonation_url');
    const delegates = raw['delegates'] ?? [];
    if (!isListOfNames(delegates))
        throw credentialsInvalid(origin, '"delegates" is not a list of service accounts');
    return {
        type: 'impersonated_service_account',
        origin,
        account,
        delegates: delegates.map((name) => checkEmail(accountName(name), 'delegates', origin)),
        source: checkDocument(source, `${origin}, source_credentials`, universe, depth + 1)
    };
}
function describeUnknownType(raw) {
    if ('installed' in raw || 'web' in raw)
        return 'it is an OAuth client ("client secret" file), not a credential';
    return typeof raw['type'] === 'string' &&
        /^[\w-]{1,60}$/.test(raw['type']) &&
        (0,likely_secret/* describeSecret */.w)(raw['type']) === undefined
        ? `its type "${raw['type']}" is none of ${Object.keys(READERS).join(', ')}`
        : '"type" is missing: it is not an Application Default Credentials document';
}
/** A URL that will receive a secret: only Google's own token services may. */
function googleUrl(raw, name, service, universe, origin) {
    const value = raw[name];
    if (value === undefined || value === '')
        return undefined;
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined)
        throw credentialsInvalid(origin, `"${name}" is not a URL`);
    if ((0,google_hosts/* isTokenServiceUrl */.OH)(url, service, universe))
        return url;
    const secure = new URL(url.href.replace(/^http:/, 'https:'));
    if ((0,google_hosts/* isTokenServiceUrl */.OH)(secure, service, universe))
        throw credentialsInvalid(origin, `"${name}" points to ${url.origin}, which is not https`, 'secret over http');
    throw credentialsInvalid(origin, `"${name}" points to ${url.origin}, which is not a token service of ${universe}`, 'foreign host');
}
/** The account in `https://iamcredentials.…/v1/projects/-/serviceAccounts/ACCOUNT:generateAccessToken`. */
function impersonatedAccount(raw, universe, origin) {
    const name = 'service_account_impersonation_url';
    const url = googleUrl(raw, name, 'iamcredentials', universe, origin);
    if (url === undefined)
        return undefined;
    const account = /\/serviceAccounts\/([^/:]+):generate(?:Access|Id)Token$/.exec(url.pathname)?.[1]?.replace('%40', '@');
    if (account === undefined || !/^\w[\w.-]*(@[\w.-]+)?$/.test(account)) {
        throw credentialsInvalid(origin, `"${name}" does not name a service account`);
    }
    return checkEmail(account, name, origin);
}
/** IAM would only say "denied". */
function checkEmail(email, name, origin) {
    if (!(0,values/* isMisspelled */.PS)(email))
        return email;
    throw credentialsInvalid(origin, `"${name}" names ${(0,safe_text/* quoteValue */.cl)(email)}, which does not end in .gserviceaccount.com`, 'misspelled');
}
function isListOfNames(value) {
    return Array.isArray(value) && value.every((name) => typeof name === 'string');
}
/** gcloud writes delegates either as e-mails or as resource names. */
function accountName(delegate) {
    return delegate.replace(/^.*\/serviceAccounts\//, '');
}

// EXTERNAL MODULE: ./src/token/iam-credentials.ts + 1 modules
var iam_credentials = __nccwpck_require__(9301);
// EXTERNAL MODULE: ./src/world/retried-request.ts
var retried_request = __nccwpck_require__(5243);
// EXTERNAL MODULE: ./src/token/refusal.ts
var token_refusal = __nccwpck_require__(2813);
;// CONCATENATED MODULE: ./src/identity/failures/metadata-server.ts



/** The metadata server refused a token. */
function metadataRefused(refusal) {
    return new failure/* Failure */.HR({ ...explain(refusal), answer: (0,token_refusal/* quoteRefusal */.HJ)(refusal) });
}
function explain(refusal) {
    const words = (0,token_refusal/* quoteWords */.AD)(refusal);
    if (/IAM returned 403|missing IAM policy binding/i.test(refusal.message)) {
        return {
            code: 'IMPERSONATION_DENIED',
            sentence: `The Kubernetes service account of this pod is not allowed to become its Google service account: ${words}.`,
            cause: 'GKE passes the identity on only with a binding on the Google service account.',
            remedy: 'Grant roles/iam.workloadIdentityUser on the Google service account to serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KUBERNETES_SERVICE_ACCOUNT].',
            snippets: [
                (0,snippets/* inTerminal */.e5)('grant the role; the first command shows which accounts belong together', 'kubectl get serviceaccounts --all-namespaces -o yaml', `gcloud iam service-accounts add-iam-policy-binding ${(0,snippets/* accountWord */.YN)(snippets/* UNKNOWN_ACCOUNT */.vJ)} --member='serviceAccount:PROJECT.svc.id.goog[NAMESPACE/KUBERNETES_SERVICE_ACCOUNT]' --role=roles/iam.workloadIdentityUser`)
            ]
        };
    }
    if (refusal.status === 404 && /iam\.gke\.io|annotat/i.test(refusal.message)) {
        return {
            code: 'CREDENTIALS_NOT_FOUND',
            sentence: `The Kubernetes service account of this pod stands for no Google service account: ${words}.`,
            cause: 'The annotation iam.gke.io/gcp-service-account is missing.',
            remedy: 'Annotate the Kubernetes service account with iam.gke.io/gcp-service-account, and restart the pod.',
            snippets: [
                (0,snippets/* inTerminal */.e5)('annotate the account', 'kubectl annotate serviceaccount KUBERNETES_SERVICE_ACCOUNT --namespace=NAMESPACE iam.gke.io/gcp-service-account=NAME@PROJECT.iam.gserviceaccount.com')
            ]
        };
    }
    if (refusal.status === 404) {
        return {
            code: 'CREDENTIALS_NOT_FOUND',
            sentence: 'No Google credential was found; this machine has a metadata server, but no service account (404).',
            cause: 'The machine was made without a service account, or the account was taken away.',
            remedy: 'Attach a service account to the machine, or set workload_identity_provider and service_account.',
            snippets: [(0,snippets/* giveMachine */.R8)('--service-account=NAME@PROJECT.iam.gserviceaccount.com --scopes=cloud-platform')]
        };
    }
    return {
        code: 'IMPERSONATION_DENIED',
        sentence: `The metadata server of this machine refused a token of its service account: status ${refusal.status}, ${words}.`,
        cause: 'The account is disabled or deleted, or the server admits no such request from here.',
        remedy: 'Check that the service account of the machine exists and is enabled, and the access scopes of the machine.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('see account and scopes of the machine; the first command shows INSTANCE and ZONE', 'gcloud compute instances list --project=PROJECT', 'gcloud compute instances describe INSTANCE --zone=ZONE --project=PROJECT --format="yaml(serviceAccounts)"', `gcloud iam service-accounts describe ${(0,snippets/* accountWord */.YN)(snippets/* UNKNOWN_ACCOUNT */.vJ)} --format="yaml(email, disabled)"`)
        ]
    };
}

// EXTERNAL MODULE: ./src/token/failures/token-endpoint.ts
var token_endpoint = __nccwpck_require__(4068);
// EXTERNAL MODULE: ./src/world/step.ts
var world_step = __nccwpck_require__(4920);
// EXTERNAL MODULE: ./src/world/retry.ts
var retry = __nccwpck_require__(8162);
// EXTERNAL MODULE: ./src/token/token-endpoint.ts
var token_token_endpoint = __nccwpck_require__(1208);
;// CONCATENATED MODULE: ./src/identity/metadata-server.ts










/** A machine of Google's answers within milliseconds; on any other this is time lost. */
const DETECTION_MS = 2_000;
/** The whole search, on a machine where something is there that is no metadata server, or is none in time. */
const LONGEST_SEARCH_MS = 4_500;
const LONGEST_PAUSE_MS = 1_000;
/** https://cloud.google.com/compute/docs/metadata/querying-metadata: also tells that the answer comes from Google. */
const METADATA_FLAVOR = 'metadata-flavor';
const HEADERS = { [METADATA_FLAVOR]: 'Google' };
/**
 * Whether this machine has a metadata server of Google's. Honours `METADATA_SERVER_DETECTION` as Google's libraries do:
 * `none` never looks, `assume-present` does not ask. https://github.com/googleapis/google-cloud-node/tree/main/core/packages/gcp-metadata
 *
 * @returns `reason` says for people why there is none
 */
async function lookForMetadataServer(step) {
    const detection = step.env['METADATA_SERVER_DETECTION']?.trim().toLowerCase();
    if (detection === 'none')
        return absent('not tried (METADATA_SERVER_DETECTION is none)');
    const host = metadataHost(step);
    // What is not a host may be a secret.
    if (!isHost(host))
        return absent('what GCE_METADATA_HOST or GCE_METADATA_IP holds is no host name');
    if (detection === 'assume-present')
        return { found: true };
    const elapsedMs = (0,world_step/* startWatch */.Ms)(step);
    let outcome = await askOnce(step, 'instance');
    for (let attempt = 1; seemsToStart(outcome); attempt += 1) {
        const pause = Math.min((0,retry/* choosePause */.G5)(step, attempt, outcome), LONGEST_PAUSE_MS);
        const left = LONGEST_SEARCH_MS - elapsedMs() - pause;
        if (left <= 0)
            break;
        await step.sleep(pause);
        outcome = await askOnce(step, 'instance', Math.min(DETECTION_MS, left));
    }
    const isGoogle = outcome.answered && outcome.headers[METADATA_FLAVOR] === 'Google';
    return isGoogle ? { found: true } : absent('none on this machine');
}
function absent(reason) {
    return { found: false, reason };
}
/**
 * Whether a server is there and not ready yet, as on GKE, where it refuses connections for the first seconds of a pod
 * (https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity#limitations). A machine without one has no route
 * there, or gets no answer to its connection, and is not asked again.
 */
function seemsToStart(outcome) {
    return outcome.answered ? (0,retry/* isTransient */.dg)(outcome) : outcome.sent || outcome.trouble === 'refusal';
}
/** One quick try: on a machine of Google's the server is near. */
async function askOnce(step, path, limitMs = DETECTION_MS) {
    const limits = { ...(0,world_step/* limitOf */.LF)(step, limitMs), bodyBytes: 64 * 1024 };
    return await step.send({ method: 'GET', url: metadataUrl(step, path), headers: HEADERS }, limits);
}
/** The service account of the machine: Compute Engine, GKE, Cloud Run. */
function fromMetadataServer(step, universe) {
    return {
        description: `the machine's service account (metadata server ${metadataHost(step)})`,
        principal: (0,token_principal/* serviceAccountPrincipal */.zU)(token_principal/* MACHINE_ACCOUNT */.Oh),
        // The connection that found it is still there.
        endpoints: [],
        async accessToken() {
            return { token: await requestAccessToken(step), identify: async () => await identify(step) };
        },
        async idToken(audience) {
            // https://cloud.google.com/compute/docs/instances/verifying-instance-identity: "full" adds the e-mail.
            const query = `audience=${encodeURIComponent(audience)}&format=full`;
            const { url, answer } = await ask(step, `${ACCOUNT}/identity?${query}`, { type: 'text' });
            if (answer.status !== 200 || !(answer.json instanceof secret/* Secret */.z))
                throw (0,token_endpoint/* tokenMissing */.O)(url, answer);
            return answer.json;
        },
        async signJwt(write) {
            const [token, email] = await Promise.all([requestAccessToken(step), requestEmail(step)]);
            const caller = { token, principal: (0,token_principal/* serviceAccountPrincipal */.zU)(email) };
            const impersonation = { account: email, delegates: [], origin: 'the metadata server of this machine' };
            return await (0,iam_credentials/* signJwtByIam */.Bu)(step, { universe, caller, impersonation }, write(email));
        }
    };
}
const ACCOUNT = 'instance/service-accounts/default';
async function ask(step, path, holds) {
    const url = metadataUrl(step, path);
    const answer = await (0,retried_request/* requestWithRetries */.e)(step, { method: 'GET', url, headers: HEADERS, holds }, token_endpoint/* googleUnavailable */.w);
    if (answer.status >= 400)
        throw metadataRefused((0,token_refusal/* readRefusal */.ni)(answer));
    // Other clouds have a server at the same address.
    if (answer.headers[METADATA_FLAVOR] !== 'Google')
        throw (0,token_endpoint/* tokenMissing */.O)(url, answer);
    return { url, answer };
}
async function requestAccessToken(step) {
    const { url, answer } = await ask(step, `${ACCOUNT}/token`);
    return (0,token_token_endpoint/* readAccessToken */.o3)(url, answer, 'access_token');
}
async function requestEmail(step) {
    const { url, answer } = await ask(step, `${ACCOUNT}/email`);
    const email = answer.text.trim();
    if (answer.status !== 200 || !/^[\w.@-]{1,300}$/.test(email))
        throw (0,token_endpoint/* tokenMissing */.O)(url, answer);
    return email;
}
/** What the machine says of its account, asked for once each: for the words of a failure, nothing more. */
async function identify(step) {
    const [email = '', scopes = ''] = await Promise.all(['email', 'scopes'].map(async (name) => {
        const outcome = await askOnce(step, `${ACCOUNT}/${name}`);
        return outcome.answered && outcome.status === 200 ? outcome.body.toString('utf8').trim() : '';
    }));
    return {
        ...(/^[\w.-]+@[\w.-]+$/.test(email) ? { principal: (0,token_principal/* serviceAccountPrincipal */.zU)(email) } : {}),
        // Names of scopes alone: nothing else that the server says is quoted.
        scopes: scopes.match(/\bhttps:\/\/www\.googleapis\.com\/auth\/[a-z._-]{1,40}(?=\s|$)/g) ?? []
    };
}
function metadataUrl(step, path) {
    return new URL(`http://${metadataHost(step)}/computeMetadata/v1/${path}`);
}
/** Google's libraries share these two variables. */
function metadataHost(step) {
    const { GCE_METADATA_IP: ip = '', GCE_METADATA_HOST: name = '' } = step.env;
    const host = ip.trim() === '' ? name : ip;
    return (host
        .trim()
        .replace(/^https?:\/\//, '')
        .replace(/\/+$/, '') || '169.254.169.254');
}
function isHost(host) {
    return /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i.test(host) && URL.canParse(`http://${host}`);
}

;// CONCATENATED MODULE: ./src/identity/application-default.ts







/**
 * Application Default Credentials, in Google's order: https://cloud.google.com/docs/authentication/application-default-credentials
 * A document that exists but cannot be used ends the search: the next place may have another identity than the author meant.
 *
 * @param hasAccount whether the input service_account is set
 * @throws {Failure} CREDENTIALS_NOT_FOUND, CREDENTIALS_INVALID or CREDENTIALS_UNSUPPORTED
 */
async function findApplicationDefault(step, universe, hasAccount) {
    const looked = [];
    const named = step.env['GOOGLE_APPLICATION_CREDENTIALS'] ?? '';
    if (named !== '') {
        const origin = `the file ${named} (GOOGLE_APPLICATION_CREDENTIALS)`;
        const secret = (0,likely_secret/* describeSecret */.w)(named);
        if (secret !== undefined) {
            throw credentialsInvalid('the variable GOOGLE_APPLICATION_CREDENTIALS', `it holds ${secret}, not a path`, 'content for path');
        }
        const file = await (0,small_file/* readSmallFile */.E)(named);
        if (!file.ok)
            throw credentialsInvalid(origin, file.reason, file.missing ? nameAbsence(named) : { unreadable: named });
        return { kind: 'document', document: readDocument(step.masks, file.content, origin, universe) };
    }
    looked.push('GOOGLE_APPLICATION_CREDENTIALS: not set');
    const wellKnown = gcloudFile(step.env, 'application_default_credentials.json');
    if (wellKnown !== undefined) {
        const origin = `gcloud's file ${wellKnown}`;
        const file = await (0,small_file/* readSmallFile */.E)(wellKnown);
        if (file.ok)
            return { kind: 'document', document: readDocument(step.masks, file.content, origin, universe) };
        if (!file.missing)
            throw credentialsInvalid(origin, file.reason, { unreadable: wellKnown });
        looked.push(`${wellKnown}: ${file.reason}`);
    }
    const server = await lookForMetadataServer(step);
    if (server.found)
        return { kind: 'metadata server' };
    looked.push(`metadata server: ${server.reason}`);
    throw credentialsNotFound(looked, step.env, hasAccount, await (0,world_restricted_run/* findRestriction */.m)(step.env));
}
/** google-github-actions/auth gives its files this name: https://github.com/google-github-actions/auth#inputs-credentials */
function nameAbsence(file) {
    return /gha-creds-[^/\\]*\.json$/.test(file) ? 'removed file' : 'missing file';
}
/** A file in gcloud's directory; undefined where it is not known where that is. */
function gcloudFile(env, name) {
    const configured = env['CLOUDSDK_CONFIG'] ?? '';
    if (configured !== '')
        return external_node_path_default().join(configured, name);
    const appData = env['APPDATA'] ?? '';
    if (process.platform === 'win32' && appData !== '')
        return external_node_path_default().join(appData, 'gcloud', name);
    const home = env['HOME'] ?? '';
    return home === '' ? undefined : external_node_path_default().join(home, '.config', 'gcloud', name);
}

;// CONCATENATED MODULE: ./src/identity/failures/authorized-user.ts




/** Google refused a person's refresh token. */
function userRefused(refusal, signIn) {
    const whose = signIn.pool === undefined ? "the person's credentials" : 'the credentials of the workforce user';
    const shown = `${whose} in ${(0,safe_text/* safeText */.Hk)(signIn.origin)}`;
    const reauthenticate = /rapt|reauth/i.test(refusal.message + refusal.reason);
    return new failure/* Failure */.HR({
        code: 'CREDENTIALS_EXPIRED',
        ...(reauthenticate
            ? {
                sentence: `The organization demands a new sign-in for ${shown} (re-authentication, ${refusal.reason || 'reauth'}), which no job can do.`,
                cause: 'A new sign-in lasts some hours only.',
                remedy: 'Use workload_identity_provider or a service account in jobs; by hand, sign in again.'
            }
            : {
                sentence: `Google no longer accepts ${shown}: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
                cause: refusal.code === 'invalid_client'
                    ? 'The OAuth client in the document was deleted or its secret changed.'
                    : 'The refresh token was revoked or has expired.',
                remedy: `Sign in again${describeSignIn(signIn)}, and put the new document in the place of the old one; for jobs, use workload_identity_provider instead.`
            }),
        snippets: signInAgain(signIn),
        answer: (0,token_refusal/* quoteRefusal */.HJ)(refusal)
    });
}
function describeSignIn({ impersonates, pool }) {
    if (pool !== undefined)
        return ' with the login configuration of the workforce pool';
    return impersonates === undefined ? '' : ` for ${(0,safe_text/* safeText */.Hk)(impersonates)}`;
}
/** The file that a sign-in leaves: where, differs between systems. */
const SIGNED_IN = '"$(gcloud info --format="value(config.paths.global_config_dir)")/application_default_credentials.json"';
/** A person signs in again, and carries the result to where the credential was. @param flags of the login */
function signInAgain({ origin, impersonates, pool }, flags = '') {
    const account = impersonates === undefined ? '' : ` --impersonate-service-account=${(0,snippets/* shellWord */.r7)(impersonates)}`;
    const lines = pool === undefined ? [`gcloud auth application-default login${account}${flags}`] : workforceLogin(pool);
    return [
        { place: 'In a terminal with gcloud and a browser', language: 'shell', lines },
        origin.includes('GOOGLE_APPLICATION_CREDENTIALS') && {
            place: 'Then, in bash on the machine of the step, because gcloud writes another file than the one that is read',
            language: 'bash',
            lines: [`cp ${SIGNED_IN} "$GOOGLE_APPLICATION_CREDENTIALS"`]
        },
        origin.startsWith('credentials_json') &&
            (0,snippets/* inTerminalWithGh */.RY)('store the new document, where the workflow has it from a secret', `cat ${SIGNED_IN} | gh secret set NAME_OF_SECRET`)
    ];
}
/** https://cloud.google.com/iam/docs/workforce-sign-in-gcloud */
function workforceLogin(pool) {
    const [, id = 'POOL'] = /^\/\/iam\.googleapis\.com\/locations\/global\/workforcePools\/(\w[\w-]*)$/.exec(pool) ?? [];
    return [
        `gcloud iam workforce-pools providers list --workforce-pool=${id} --location=global`,
        `gcloud iam workforce-pools create-login-config locations/global/workforcePools/${id}/providers/PROVIDER --output-file=login-config.json`,
        'gcloud auth application-default login --login-config=login-config.json'
    ];
}
const SCOPE = /\b(openid|email|profile|https:\/\/www\.googleapis\.com\/auth\/[a-z.-]{1,40})(?= |$)/g;
/** A person's grant gave an access token and no ID token. @param scope the scopes that Google says were granted */
function openidMissing(url, scope, signIn) {
    // Names of scopes alone: nothing else of an answer that holds a token is quoted.
    const granted = (scope?.match(SCOPE) ?? []).join(' ');
    return new failure/* Failure */.HR({
        code: 'TOKEN_INVALID',
        sentence: `${(0,safe_text/* safeUrl */.Pl)(url)} gave no ID token for the person's credentials in ${(0,safe_text/* safeText */.Hk)(signIn.origin)}, which lack the scope openid${granted === '' ? '' : `; granted: ${granted}`}.`,
        remedy: `Sign in again with the scope openid on a machine with a browser, and put the new document in the place of the old one${describeSignIn(signIn)}; or set service_account.`,
        snippets: signInAgain(signIn, ' "--scopes=openid,https://www.googleapis.com/auth/userinfo.email,https://www.googleapis.com/auth/cloud-platform"')
    });
}

// EXTERNAL MODULE: ./src/token/jwt.ts
var jwt = __nccwpck_require__(8684);
;// CONCATENATED MODULE: ./src/identity/authorized-user.ts





/** gcloud's own: for `gcloud auth login`, and for `gcloud auth application-default login`. */
const GCLOUD_CLIENTS = [
    '32555940559.apps.googleusercontent.com',
    '764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com'
];
/**
 * A person's own credentials, as `gcloud auth application-default login` leaves them. The refresh grant's ID token is for
 * gcloud's OAuth client, whatever was asked for; Cloud Run accepts it from a person who may invoke the service.
 */
function fromAuthorizedUser(step, user, impersonates) {
    const { tokenUrl } = user;
    const signIn = { origin: user.origin, impersonates };
    let underWay;
    /** One grant gives both tokens, so one request serves every audience that is asked for at a time. */
    async function refresh() {
        const form = {
            grant_type: 'refresh_token',
            client_id: user.clientId,
            client_secret: user.clientSecret,
            refresh_token: user.refreshToken
        };
        underWay ??= (0,token_token_endpoint/* requestToken */.Fr)(step, { tokenUrl, form }, (refusal) => userRefused(refusal, signIn)).finally(() => (underWay = undefined));
        return await underWay;
    }
    return {
        description: `a person's own credentials (authorized_user) from ${user.origin}`,
        principal: `user:${token_principal/* UNKNOWN_PERSON */.j_}`,
        fixedAudience: [user.clientId, ...GCLOUD_CLIENTS],
        endpoints: [tokenUrl],
        async accessToken() {
            const answer = await refresh();
            const email = (0,guard_json/* stringIn */.tB)((0,jwt/* decodeJwt */.iU)((0,guard_json/* secretIn */.u7)(answer.json, 'id_token') ?? '')?.claims, 'email');
            const token = (0,token_token_endpoint/* readAccessToken */.o3)(tokenUrl, answer, 'access_token');
            return email === undefined ? { token } : { token, principal: (0,token_principal/* memberOf */.C5)(email) };
        },
        async idToken() {
            const answer = await refresh();
            const scope = (0,guard_json/* stringIn */.tB)(answer.json, 'scope');
            const granted = (0,guard_json/* secretIn */.u7)(answer.json, 'access_token') !== undefined && (0,guard_json/* secretIn */.u7)(answer.json, 'id_token') === undefined;
            if (granted && scope?.split(' ').includes('openid') !== true)
                throw openidMissing(tokenUrl, scope, signIn);
            return (0,token_token_endpoint/* readIdToken */.xm)(tokenUrl, answer, 'id_token');
        }
    };
}

// EXTERNAL MODULE: ./src/failure/perimeter.ts
var perimeter = __nccwpck_require__(3117);
// EXTERNAL MODULE: ./src/token/github-claims.ts
var github_claims = __nccwpck_require__(954);
// EXTERNAL MODULE: ./src/token/failures/refusal.ts
var failures_refusal = __nccwpck_require__(3913);
;// CONCATENATED MODULE: ./src/token/failures/sts.ts










/** Google takes a token for some minutes after it was issued. */
const SHORT_AGE_S = 120;
/**
 * STS refused the external identity: told apart by Google's words.
 *
 * @param audience `//iam.googleapis.com/…/providers/…`
 * @param claims of the token that it refused, where that is a JWT
 * @param keyId by which that token names the key that signed it
 */
function federationRejected(refusal, audience, claims, keyId) {
    const provider = (0,token_principal/* parseProvider */.te)(audience);
    const name = (0,safe_text/* safeText */.Hk)(audience.replace(/^(https:)?\/\/iam\.googleapis\.com\//, ''));
    const shown = provider === undefined ? `"${name}"` : `provider ${provider.provider} in pool ${provider.pool}`;
    const facts = { refusal, name, provider, shown, claims: claims ?? {}, keyId, commands: commandsFor(provider) };
    return new failure/* Failure */.HR({
        code: 'FEDERATION_REJECTED',
        ...(0,failure/* explainBy */.H$)(CAUSES, facts),
        answer: (0,token_refusal/* quoteRefusal */.HJ)(refusal),
        // The answer does not say which of the claims was not accepted.
        details: claims && (0,github_claims/* describeClaims */.Zs)(claims)
    });
}
const CAUSES = [
    { when: ({ refusal }) => (0,perimeter/* isPerimeter */.k7)(refusal.message), explain: sts_perimeter },
    { when: ({ refusal }) => (0,failures_refusal/* isApiDisabled */.F)(refusal), explain: disabledApi },
    { when: says(/attribute condition/i), explain: attributeCondition },
    { when: says(/\d+ bytes limit/), explain: longAttribute },
    { when: says(/stale|expired/i), explain: staleToken },
    { when: says(/connecting to the given credential's issuer/i), explain: keysOutOfReach },
    { when: says(/verif|signature|JWKS?\b/i), explain: otherKeys },
    { when: says(/issuer/i), explain: otherIssuer },
    { when: ({ refusal }) => refusal.code === 'invalid_client', explain: otherClient },
    { when: says(/Invalid value for "?audience/i), explain: noProvider },
    {
        when: ({ refusal }) => /pool or provider is disabled or deleted|invalid_target/i.test(refusal.message + refusal.code),
        explain: inactiveProvider
    },
    { when: says(/audience/i), explain: otherAudience },
    { when: () => true, explain: otherRefusal }
];
function says(words) {
    return ({ refusal }) => words.test(refusal.message);
}
function sts_perimeter({ refusal, provider, shown }) {
    return (0,perimeter/* explainPerimeter */.RN)(`VPC Service Controls keep the identity from ${shown}`, "the pool's project", refusal.message, provider?.project === undefined ? undefined : (0,snippets/* projectById */.k_)(provider.project));
}
function disabledApi({ refusal, provider }) {
    return (0,failures_refusal/* explainDisabledApi */.K)(refusal, 'Security Token Service API', 'sts.googleapis.com', provider?.project);
}
function attributeCondition({ shown, claims, commands }) {
    const sub = (0,safe_text/* safeText */.Hk)((0,guard_json/* stringIn */.tB)(claims, 'sub') ?? '');
    const old = (0,github_claims/* oldSubject */.Uy)(claims);
    const ids = (0,github_claims/* idConditions */.On)(claims);
    const who = (0,github_claims/* isFromGithub */.I2)(claims) ? 'this job' : 'this identity';
    const shownClaims = [
        ...(sub === '' ? [] : [`sub ${sub}`]),
        ...((0,guard_json/* stringIn */.tB)(claims, 'event_name') === 'push' ? ['event push'] : []),
        ...(0,github_claims/* whatStandsOut */.c_)(claims)
    ];
    return {
        sentence: old === undefined
            ? `The attribute condition of ${shown} does not admit ${who}${shownClaims.length === 0 ? '' : `: ${shownClaims.join(', ')}`}.`
            : `The attribute condition of ${shown} does not admit ${who}: sub ${sub} has the immutable form with numeric ids, which a condition on "${old}" does not match.`,
        cause: 'A condition compares claims exactly, capitals included. The log below has every claim to which a condition usually refers.',
        remedy: old === undefined || ids === ''
            ? `Compare the condition with the claims of ${who}; change the condition${(0,github_claims/* isFromGithub */.I2)(claims) ? ', or run the job from the branch or environment that the condition admits' : ''}.`
            : `Let the condition test ${ids} instead of sub.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the condition', `${commands.describe} --format="value(attributeCondition)"`),
            ids !== '' &&
                (0,snippets/* onlyWhere */.OJ)('this repository is to be admitted besides what the condition admits today', `${commands.update} --attribute-condition="($(${commands.describe} --format='value(attributeCondition)')) || (${ids})"`)
        ]
    };
}
function longAttribute({ refusal, claims, commands }) {
    const named = /mapped attribute '?((?:google|attribute)\.\w+)/.exec(refusal.message)?.[1] ?? 'google.subject';
    const sub = (0,guard_json/* stringIn */.tB)(claims, 'sub') ?? '';
    const bytes = Buffer.byteLength(sub);
    const isSubject = named === 'google.subject' && bytes > 127;
    const long = sub.includes(':environment:') ? 'environment' : sub.includes(':ref:refs/heads/') ? 'branch' : undefined;
    return {
        sentence: isSubject
            ? `${named} is ${bytes} bytes long, and Google takes 127 at most: ${(0,safe_text/* safeText */.Hk)(sub)}.`
            : `The mapped attribute ${named} of this token is longer than the 127 bytes that Google takes.`,
        remedy: `${isSubject && long !== undefined ? `Give the ${long} a shorter name, or map` : 'Map'} ${named} to a shorter expression.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the present mapping', `${commands.describe} --format="yaml(attributeMapping)"`),
            (0,github_claims/* isFromGithub */.I2)(claims) &&
                (0,snippets/* onlyWhere */.OJ)(`no binding names the present ${named} (principal://…/subject/…, which would have to be made again)`, `${commands.update} --attribute-mapping="^~^$(${commands.describe} --format='value(attributeMapping.list(separator=~))')~${named}=assertion.repository_id + ':' + assertion.ref"`)
        ]
    };
}
/** Google's own reading of the token's time, and how long before Google's `Date` that was. */
function staleToken({ refusal, name, claims }) {
    const issuer = issuerOf(claims);
    const issuedAt = Number(/issued at (\d{9,11})\b/.exec(refusal.message)?.[1] ?? claims['iat'] ?? Number.NaN);
    const age = refusal.googleTime === undefined ? Number.NaN : Math.round(refusal.googleTime / 1000 - issuedAt);
    const when = [
        ...(Number.isNaN(issuedAt) ? [] : [`issued at ${describeTime(issuedAt)}`]),
        ...(Number.isNaN(age) ? [] : [`${Math.abs(age)} s ${age < 0 ? 'after' : 'before'} Google saw the token`])
    ].join(', ');
    const sentence = `Google calls the token of ${issuer} stale${when === '' ? '' : `: ${when}`}.`;
    const other = claims['iat'];
    if (typeof other === 'number' && Math.abs(other - issuedAt) > world_step/* CLOCK_TOLERANCE_S */.FF) {
        return {
            sentence: `${sentence.slice(0, -1)}, while the token of this step was issued at ${describeTime(other)}.`,
            cause: 'Google saw another token than the one that this step sent.',
            remedy: 'Run the job again; if the refusal stays, look for a proxy that repeats older requests.'
        };
    }
    if ((0,github_claims/* isOfGithubItself */.sJ)(claims)) {
        return {
            sentence,
            cause: "GitHub's clock is right, and this action asks for the token right before it is used.",
            remedy: 'Run the job again; if the refusal stays, look for a proxy that delays or repeats requests.'
        };
    }
    if (age < -world_step/* CLOCK_TOLERANCE_S */.FF || ((0,github_claims/* isFromGithub */.I2)(claims) && age > world_step/* CLOCK_TOLERANCE_S */.FF)) {
        return {
            sentence,
            cause: "The clock of the issuer differs from Google's.",
            remedy: `Set the clock of ${issuer}, for example by NTP.`
        };
    }
    if (age < SHORT_AGE_S) {
        return {
            sentence: `${sentence.slice(0, -1)}, so that the life of the token (exp) is too short.`,
            remedy: `Let ${issuer} issue tokens that live five minutes or more.`
        };
    }
    return {
        sentence,
        cause: 'The token was kept for a while before it was used.',
        remedy: (0,github_claims/* isFromGithub */.I2)(claims)
            ? 'Set workload_identity_provider, so that the step asks GitHub for a token right before it is used.'
            : 'Let the credential source hand out a token that was issued right before this step.',
        snippets: [(0,github_claims/* isFromGithub */.I2)(claims) && (0,snippets/* inStep */.qg)(`workload_identity_provider: ${name}`)]
    };
}
function keysOutOfReach({ shown, claims, commands }) {
    const issuer = issuerOf(claims);
    return {
        sentence: `Google cannot fetch the keys of the issuer ${issuer}, to verify the token for ${shown}.`,
        cause: 'A GitHub Enterprise Server, or another issuer, is closed to the internet.',
        remedy: `Upload the keys of ${issuer} to the provider, and again whenever the keys change.`,
        snippets: [
            (0,snippets/* onRunner */.o)('fetch the keys where the issuer can be reached', `curl ${issuer.startsWith('https://') ? (0,snippets/* shellWord */.r7)(issuer) : 'https://ISSUER'}/.well-known/jwks | jq 'del(.keys[].x5c, .keys[].x5t)' > jwks.json`),
            (0,snippets/* inTerminal */.e5)('upload the keys', `${commands.update} --jwk-json-path=jwks.json`)
        ]
    };
}
function otherKeys({ refusal, shown, claims, keyId, commands }) {
    const issuer = issuerOf(claims);
    return {
        sentence: `Google could not verify the token of ${issuer}${keyId === undefined ? '' : ` (signed with the key ${(0,safe_text/* safeText */.Hk)(keyId, 80)})`} with the keys of ${shown}: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        cause: 'Keys that were uploaded to the provider are older than those with which the issuer signs today.',
        remedy: `Upload the present keys of ${issuer} to the provider, or take the uploaded ones out where Google can reach the issuer.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)(`see the ids of the uploaded keys (kid)${keyId === undefined ? '' : `, of which ${(0,safe_text/* safeText */.Hk)(keyId, 80)} has to be one`}`, `${commands.describe} --format="value(oidc.jwksJson)"`),
            (0,snippets/* inTerminal */.e5)('upload the present ones', `${commands.update} --jwk-json-path=jwks.json`)
        ]
    };
}
function otherIssuer({ refusal, shown, claims, commands }) {
    const issuer = issuerOf(claims);
    const expected = /expected ones?:?\s+(https?:\/\/[^\s,]+?)\/?[.,]?(?:\s|$)/.exec(refusal.message)?.[1];
    return {
        sentence: `${(0,failure/* capital */.Nx)(shown)} trusts ${expected === undefined ? 'another issuer' : `the issuer ${expected}`}, and the token of this job is of ${issuer}.`,
        cause: 'GitHub Enterprise Server, each tenant of ghe.com, and an enterprise with an issuer of its own (https://token.actions.githubusercontent.com/ENTERPRISE) have issuers that differ from github.com.',
        remedy: `Set workload_identity_provider to a provider that trusts ${issuer}.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('see which provider of the pool trusts which issuer', `${commands.list} --format="table(name, oidc.issuerUri)"`),
            (0,guard_json/* stringIn */.tB)(claims, 'iss') !== undefined &&
                (0,snippets/* onlyWhere */.OJ)('no other repository uses the provider with its present issuer', `${commands.update} --issuer-uri=${(0,snippets/* shellWord */.r7)(issuer)}`)
        ]
    };
}
function otherClient({ refusal }) {
    return {
        sentence: `Google does not know the client_id and client_secret of the credential document: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        cause: 'The OAuth client was deleted, or its secret was changed.',
        remedy: 'Make the credential document again, without client_id and client_secret unless the pool demands an OAuth client.',
        snippets: [(0,snippets/* inTerminal */.e5)('see the OAuth clients', 'gcloud iam oauth-clients list --location=global --project=PROJECT')]
    };
}
function noProvider({ name, provider, commands }) {
    return provider === undefined
        ? {
            sentence: `"${name}" in the credential document is not the full name of a provider.`,
            remedy: 'Write audience in the document as //iam.googleapis.com/ and the name that gcloud prints for the provider.',
            snippets: [
                (0,snippets/* inTerminal */.e5)('see the full name', `${commands.describe} --format="value(name)"`),
                (0,snippets/* inDocument */.Dc)('"audience": "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER"')
            ]
        }
        : {
            sentence: `Google's Security Token Service does not take ${name} as the name of a provider, although the name has the right form.`,
            cause: 'The pool is in another universe than the token service that was asked.',
            remedy: 'Set the input universe to the universe domain of the pool.',
            snippets: [(0,snippets/* inStep */.qg)('universe: googleapis.com')]
        };
}
function inactiveProvider({ provider, shown, commands }) {
    const { describe, describePool, update } = commands;
    const project = provider?.project;
    return {
        sentence: `Google finds no active ${shown}${project === undefined ? '' : ` of project ${project}`}: the pool or the provider does not exist, is disabled or was deleted.`,
        remedy: 'See the state of the provider: NOT_FOUND means that the name or the project number is wrong.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the state of the provider and of the pool', `${describe} --format="yaml(name, state, disabled)"`, `${describePool} --format="yaml(name, state, disabled)"`),
            (0,snippets/* onlyWhere */.OJ)('a state says disabled: true', `${update} --no-disabled`, `${describePool.replace(' describe ', ' update ')} --no-disabled`),
            (0,snippets/* onlyWhere */.OJ)('a state is DELETED', describePool.replace(' describe ', ' undelete '), describe.replace(' describe ', ' undelete ')),
            (0,snippets/* onlyWhere */.OJ)('the answer is NOT_FOUND; PROJECT is the id of the project that has the pool', 'gcloud projects describe PROJECT --format="value(projectNumber)"', ...snippets/* LIST_PROVIDERS */.iY)
        ]
    };
}
function otherAudience({ refusal, shown, name, claims, commands }) {
    const audience = (0,safe_text/* safeText */.Hk)((0,guard_json/* stringIn */.tB)(claims, 'aud') ?? `https://iam.googleapis.com/${name}`);
    const expected = /expected audience\s+(\S+?)\.?(?:\s|$)/.exec(refusal.message)?.[1];
    return {
        sentence: `${(0,failure/* capital */.Nx)(shown)} accepts ${expected === undefined ? 'other audiences' : `the audience ${expected}`} only, and the token of this job is for ${audience}.`,
        cause: 'A provider without audiences of its own accepts its full name as an https URL.',
        remedy: `Add ${audience} to the allowed audiences of the provider.`,
        snippets: [
            // Within double quotes nothing may stand that a shell would read.
            /^[\w:/.-]+$/.test(audience) &&
                (0,snippets/* inTerminal */.e5)('add the audience to those that are there', `${commands.update} --allowed-audiences="$(${commands.describe} --format='value(oidc.allowedAudiences.list())'),${audience}"`),
            (0,snippets/* inTerminal */.e5)('see the audiences', `${commands.describe} --format="value(oidc.allowedAudiences.list())"`)
        ]
    };
}
function otherRefusal({ refusal, shown, commands }) {
    return {
        sentence: `Google's Security Token Service refused the identity for ${shown}: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        remedy: 'Compare the configuration of the provider with the claims in the log.',
        snippets: [(0,snippets/* inTerminal */.e5)('see the configuration', commands.describe)]
    };
}
/** https://cloud.google.com/sdk/gcloud/reference/iam/workload-identity-pools, and workforce-pools */
function commandsFor(named) {
    if (named?.kind === 'workforce') {
        const own = `--workforce-pool=${named.pool} --location=global`;
        const pools = 'gcloud iam workforce-pools';
        return {
            describe: `${pools} providers describe ${named.provider} ${own}`,
            update: `${pools} providers update-oidc ${named.provider} ${own}`,
            list: `${pools} providers list ${own}`,
            describePool: `${pools} describe ${named.pool} --location=global`
        };
    }
    const pools = 'gcloud iam workload-identity-pools';
    const pool = `projects/${named?.project ?? 'NUMBER'}/locations/global/workloadIdentityPools/${named?.pool ?? 'POOL'}`;
    const provider = `${pool}/providers/${named?.provider ?? 'PROVIDER'}`;
    return {
        describe: `${pools} providers describe ${provider}`,
        update: `${pools} providers update-oidc ${provider}`,
        list: `${pools} providers list --workload-identity-pool=${pool}`,
        describePool: `${pools} describe ${pool}`
    };
}
function issuerOf(claims) {
    return (0,safe_text/* safeText */.Hk)((0,guard_json/* stringIn */.tB)(claims, 'iss') ?? 'the identity provider');
}
function describeTime(seconds) {
    return Number.isFinite(seconds) && Math.abs(seconds) < 1e11
        ? `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
        : `${seconds}`;
}

;// CONCATENATED MODULE: ./src/token/sts.ts





/**
 * Exchanges an external identity's own token for a federated access token.
 *
 * @throws {Failure} FEDERATION_REJECTED, GOOGLE_UNAVAILABLE or TOKEN_INVALID
 */
async function exchangeToken(step, exchange, subject) {
    const { audience, client, userProject } = exchange;
    const { token, clientCertificate } = subject;
    const form = {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        audience,
        scope: google_hosts/* CLOUD_PLATFORM_SCOPE */.Zl,
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        subject_token: token,
        subject_token_type: exchange.subjectTokenType,
        // With client authentication the client's project is charged, and the option is refused.
        ...(userProject === undefined || client !== undefined ? {} : { options: JSON.stringify({ userProject }) })
    };
    const answer = await (0,token_token_endpoint/* requestToken */.Fr)(step, { ...exchange, form, clientCertificate }, (refusal) => {
        const { claims, header = {} } = (0,jwt/* decodeJwt */.iU)(token) ?? {};
        return federationRejected(refusal, audience, claims, (0,guard_json/* stringIn */.tB)(header, 'kid'));
    });
    return (0,token_token_endpoint/* readAccessToken */.o3)(exchange.tokenUrl, answer, 'access_token');
}

;// CONCATENATED MODULE: ./src/identity/federated-identity.ts




/**
 * Identity federation: the subject token is exchanged at STS. Google issues no ID token for a federated identity, so it has to
 * impersonate a service account. The federated token itself calls `generateIdToken`: with an access token of the account, the
 * account would need a role on itself.
 */
function createFederatedIdentity(step, identity) {
    const { description, principal, endpoints, hasCertificate = false } = identity;
    return {
        description,
        principal,
        // A connection that was opened without the certificate is of no use.
        endpoints: hasCertificate ? [] : endpoints,
        hasCertificate,
        async accessToken() {
            const subject = await identity.subjectToken();
            const token = await exchangeToken(step, identity, subject);
            const claims = (0,jwt/* decodeJwt */.iU)(subject.token)?.claims;
            return {
                token,
                principal: refinePrincipal(identity, claims),
                clientCertificate: subject.clientCertificate,
                federation: { audience: identity.audience, claims }
            };
        }
    };
}
/** The principal of this identity alone, not of the whole pool: no other identity should get the grant. */
function refinePrincipal({ principal, audience }, claims) {
    const subject = (0,guard_json/* stringIn */.tB)(claims, 'sub');
    return principal.endsWith('/*') && subject !== undefined ? (0,token_principal/* subjectPrincipal */.hF)(audience, subject) : principal;
}

// EXTERNAL MODULE: ./src/identity/failures/github.ts
var github = __nccwpck_require__(8305);
;// CONCATENATED MODULE: ./src/identity/github.ts








/**
 * The job itself, by workload identity federation.
 *
 * @param provider `projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER`
 */
function fromGithub(step, universe, provider) {
    const audience = `//iam.googleapis.com/${provider}`;
    const endpoint = githubEndpoint(step.env);
    const tokenUrl = (0,google_hosts/* stsUrl */.on)(universe, 'token');
    return createFederatedIdentity(step, {
        description: `workload identity federation of GitHub Actions (${provider})`,
        principal: (0,token_principal/* federatedPrincipal */.Xo)(audience, step.env['GITHUB_REPOSITORY']),
        endpoints: endpoint === undefined ? [tokenUrl] : [endpoint, tokenUrl],
        tokenUrl,
        audience,
        subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
        // Google expects the provider's name as an https URL where the provider names no audiences of its own.
        subjectToken: async () => ({ token: await requestGithubToken(step, `https:${audience}`) })
    });
}
/**
 * Where GitHub's token comes from; undefined where the runner does not say. The request token goes there, so that it has to be
 * `https`, or a loopback address.
 */
function githubEndpoint(env) {
    const value = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
    const url = URL.canParse(value) ? new URL(value) : undefined;
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && (0,request/* isLoopbackUrl */.t)(url)) ? url : undefined;
}
/** @throws {Failure} OIDC_UNAVAILABLE where the job is not allowed to ask for a token */
async function requireGithubPermission(step) {
    const names = ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
    if (names.some((name) => (step.env[name] ?? '') === ''))
        throw (0,github/* oidcUnavailable */.yX)(step.env, await (0,world_restricted_run/* findRestriction */.m)(step.env));
}
/**
 * GitHub's OIDC token for this job.
 * https://docs.github.com/en/actions/reference/security/oidc
 *
 * @param audience of the token; Google expects the provider's name as an https URL
 * @throws {Failure} OIDC_FAILED where GitHub does not give it
 */
async function requestGithubToken(step, audience) {
    const endpoint = githubEndpoint(step.env);
    if (endpoint === undefined)
        throw (0,github/* oidcFailed */.nR)(undefined, undefined);
    const url = `${endpoint.href}${endpoint.search === '' ? '?' : '&'}audience=${encodeURIComponent(audience.toWellFormed())}`;
    const requestToken = step.masks.keep(step.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '');
    const answer = await (0,retried_request/* requestWithRetries */.e)(step, {
        method: 'GET',
        url: new URL(url),
        headers: { accept: 'application/json', authorization: requestToken.asBearer() },
        holds: { type: 'json', field: 'value' }
    }, github/* oidcFailed */.nR);
    const token = (0,guard_json/* secretIn */.u7)(answer.json, 'value');
    if (answer.status !== 200 || token === undefined)
        throw (0,github/* oidcFailed */.nR)(endpoint, answer);
    return token;
}

// EXTERNAL MODULE: ./src/world/failures/connection.ts
var connection = __nccwpck_require__(2456);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
;// CONCATENATED MODULE: ./src/identity/failures/subject-token.ts







/** An external account's own token is not there. @param problem quotes nothing that could be secret */
function subjectTokenUnavailable(where, problem, trouble) {
    return fail(where, problem, TROUBLES[trouble]);
}
/** The host that should give the token did not answer. */
function subjectTokenHostSilent(url, last, attempts) {
    const advice = last.answered
        ? { remedy: `Run the job again; if the error stays, look for incidents of ${(0,safe_text/* safeText */.Hk)(url.host)}.` }
        : (0,connection/* explainNoAnswer */.n)(last, url, isGithub(url) ? 'GitHub' : undefined);
    return fail(url.origin, `${(0,outcome/* describeOutcome */.SS)(last)}${(0,outcome/* inAttempts */.yy)(attempts)}`, advice);
}
/** The host that should give the token refused. */
function subjectTokenRefused(url, refusal) {
    if (isGithub(url)) {
        return new failure/* Failure */.HR({
            code: 'SUBJECT_TOKEN_UNAVAILABLE',
            sentence: `The file of google-github-actions/auth asks GitHub for a token in the name of a job that is over: ${(0,token_refusal/* quoteWords */.AD)(refusal)} (${(0,safe_text/* safeText */.Hk)(url.host)}, status ${refusal.status}).`,
            cause: 'The file holds a token of the job that made it, and was carried to another job.',
            remedy: 'Run google-github-actions/auth in this job, or set workload_identity_provider in this step.',
            snippets: [RUN_AUTH, (0,snippets/* inStep */.qg)(...FEDERATION)],
            answer: (0,token_refusal/* quoteRefusal */.HJ)(refusal)
        });
    }
    return fail(url.origin, (0,token_refusal/* quoteRefusal */.HJ)(refusal).replace(/\.+$/, ''), {
        cause: 'The headers in the document are wrong, or what they hold has expired.',
        remedy: 'Check url and headers under "credential_source" of the document, and make the document again if a header has expired.',
        snippets: [(0,snippets/* inDocument */.Dc)('"credential_source": { "url": "https://…", "headers": { "…": "…" } }')]
    });
}
/** GitHub's OIDC endpoint: google-github-actions/auth alone makes documents that name it. */
function isGithub(url) {
    return /(?:^|\.)actions\.githubusercontent\.com$/.test(url.hostname);
}
function fail(where, problem, advice) {
    return new failure/* Failure */.HR({
        code: 'SUBJECT_TOKEN_UNAVAILABLE',
        sentence: `The external account's subject token could not be read from ${(0,safe_text/* safeText */.Hk)(where)}: ${(0,safe_text/* safeText */.Hk)(problem)}.`,
        ...advice
    });
}
const TROUBLES = {
    file: {
        cause: 'What writes the token, such as a sidecar or the cluster, has not done so, or has written it for another user.',
        remedy: 'Write the file before this step, on the same machine and readable by the user of the job; or correct "file" under "credential_source" of the credential document.',
        snippets: [(0,snippets/* inDocument */.Dc)('"credential_source": { "file": "/path/to/token" }')]
    },
    form: {
        cause: 'The place holds the token in another form than the document says, or holds none yet.',
        remedy: 'Let "format" under "credential_source" of the document say where the token is.',
        snippets: [(0,snippets/* inDocument */.Dc)('"format": { "type": "json", "subject_token_field_name": "…" }')]
    },
    'program forbidden': {
        cause: 'A document may name any program, so that the job has to allow running one.',
        remedy: 'Set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES to 1 for this step if you trust the document.',
        snippets: [(0,snippets/* inStepEnv */.tv)('', 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES: 1')]
    },
    'program failed': {
        cause: 'The program is missing, took too long, failed, or answered in another form than libraries of Google expect.',
        remedy: 'Run the "command" of "credential_source" by hand on this machine, and fix what the program reports.',
        snippets: [(0,snippets/* inDocument */.Dc)('"executable": { "command": "…", "timeout_millis": 30000 }')]
    },
    AWS: {
        cause: 'The machine is not on AWS or has no role, and the environment holds no AWS credentials.',
        remedy: 'Run aws-actions/configure-aws-credentials before this step, or give the machine a role of AWS.',
        snippets: [
            (0,snippets/* inWorkflow */.FT)('steps:', '  - uses: aws-actions/configure-aws-credentials@v5', '    with:', '      role-to-assume: arn:aws:iam::ACCOUNT:role/ROLE', '      aws-region: REGION')
        ]
    },
    certificate: {
        cause: 'A file that the certificate configuration names is missing, not in PEM, or belongs to another key.',
        remedy: 'Check the paths in the certificate configuration, and that certificate and key belong together.',
        snippets: [(0,snippets/* onRunner */.o)('see the certificate', 'openssl x509 -noout -in CERTIFICATE -subject -dates')]
    }
};

;// CONCATENATED MODULE: ./src/identity/subject-token/aws.ts





/**
 * AWS's token is a signed request (GetCallerIdentity) that Google's STS sends to AWS. google-auth-library finds AWS's
 * credentials and signs; its requests to the instance's metadata go through our own limits, and are sealed on the way.
 */
async function readAwsToken(step, document, credentialSource) {
    // Loaded only where it is needed: it is larger than everything else together.
    const { AwsClient } = await __nccwpck_require__.e(/* import() */ 492).then(__nccwpck_require__.t.bind(__nccwpck_require__, 492, 23));
    const client = new AwsClient({
        type: 'external_account',
        audience: document.audience,
        subject_token_type: document.subjectTokenType,
        token_url: document.tokenUrl.href,
        credential_source: credentialSource,
        transporterOptions: { fetchImplementation: instanceMetadata(step) }
    });
    try {
        return keepSignature(step.masks, await client.retrieveSubjectToken());
    }
    catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        if (cause instanceof failure/* Failure */.HR)
            throw cause;
        // The library's message may quote an answer; its documented causes are these.
        throw subjectTokenUnavailable('AWS', 'neither AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor the metadata of the instance gave credentials', 'AWS');
    }
}
/**
 * Of a signed request the signature alone is secret, and the session token, which is known already. The rest names the
 * provider, which must stay readable where Google says something of it.
 */
function keepSignature(masks, token) {
    const [, before = '', signature, after = ''] = /^([^]*Signature%3D)([\da-f]{64})([^]*)$/.exec(token) ?? [];
    return signature === undefined ? masks.keep(token) : masks.keep(signature).within(before, after);
}
/** `fetch` for the library's requests to the instance's metadata server. */
function instanceMetadata(step) {
    return async (input, init) => {
        const url = new URL(input);
        const headers = Object.fromEntries(new Headers(init?.headers));
        const method = init?.method ?? 'GET';
        const answer = await (0,retried_request/* requestWithRetries */.e)(step, 
        // A session token is the whole of its answer.
        { method, url, headers, holds: method === 'PUT' ? { type: 'text' } : undefined }, subjectTokenHostSilent);
        return new Response(unseal(answer), { status: answer.status, headers: { ...answer.headers } });
    };
}
/** The library signs with what an answer holds. */
function unseal({ json, text }) {
    if (json instanceof secret/* Secret */.z)
        return json.reveal();
    return json === undefined
        ? text
        : JSON.stringify((0,seal/* mapStrings */.to)(json, (value) => value, (secret) => secret.reveal()));
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(7598);
;// CONCATENATED MODULE: ./src/identity/subject-token/certificate.ts






/**
 * An X.509 identity: the token is the certificate chain, and the proof is the TLS connection on which it travels. The files are
 * those that gcloud writes: https://cloud.google.com/iam/docs/workload-identity-federation-with-x509-certificates
 */
async function readCertificate(step, credentialSource) {
    const source = (0,guard_json/* objectIn */.D7)(credentialSource, 'certificate');
    const location = (0,guard_json/* stringIn */.tB)(source, 'certificate_config_location');
    if ((location === undefined) !== (source['use_default_certificate_config'] === true)) {
        throw unavailable('"certificate" needs either "certificate_config_location" or "use_default_certificate_config"');
    }
    const configured = location ?? step.env['GOOGLE_API_CERTIFICATE_CONFIG'] ?? '';
    const configPath = configured === '' ? gcloudFile(step.env, 'certificate_config.json') : configured;
    const config = (0,guard_json/* parseObject */.lj)(await readFile(configPath, 'the configuration'));
    const workload = (0,guard_json/* objectIn */.D7)((0,guard_json/* objectIn */.D7)(config, 'cert_configs'), 'workload');
    const cert = await readFile((0,guard_json/* stringIn */.tB)(workload, 'cert_path'), 'the certificate');
    const key = await readFile((0,guard_json/* stringIn */.tB)(workload, 'key_path'), 'its key');
    const chainPath = (0,guard_json/* stringIn */.tB)(source, 'trust_chain_path');
    const chain = chainPath === undefined ? '' : await readFile(chainPath, 'the trust chain');
    return {
        token: buildChain(cert, key, chain),
        clientCertificate: { cert: Buffer.from(cert), key: step.masks.keep(key) }
    };
}
async function readFile(path, what) {
    if (path === undefined)
        throw unavailable(`no path is given for ${what}`);
    const file = await (0,small_file/* readSmallFile */.E)(path);
    if (file.ok)
        return file.content.replace(/^\uFEFF/, '');
    throw unavailable(`${what} cannot be used: ${file.reason}`);
}
/** The subject token: a JSON array of the certificates in base64, the client's own first. */
function buildChain(cert, key, chain) {
    try {
        const leaf = new external_node_crypto_.X509Certificate(cert);
        if (!leaf.checkPrivateKey((0,external_node_crypto_.createPrivateKey)(key)))
            throw unavailable('certificate and key do not belong together');
        const pems = chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
        const [first, ...others] = pems.map((pem) => new external_node_crypto_.X509Certificate(pem));
        if (others.some(({ raw }) => raw.equals(leaf.raw)))
            throw unavailable('the trust chain begins with another certificate');
        const above = first === undefined || first.raw.equals(leaf.raw) ? others : [first, ...others];
        return JSON.stringify([leaf, ...above].map(({ raw }) => raw.toString('base64')));
    }
    catch (error) {
        if (error instanceof failure/* Failure */.HR)
            throw error;
        // OpenSSL's message is dropped: a file that is named by mistake may be the key.
        throw unavailable('the certificate, its key or its trust chain is not in PEM');
    }
}
function unavailable(problem) {
    return subjectTokenUnavailable('the certificate configuration', problem, 'certificate');
}

// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __nccwpck_require__(1421);
// EXTERNAL MODULE: external "node:process"
var external_node_process_ = __nccwpck_require__(1708);
var external_node_process_default = /*#__PURE__*/__nccwpck_require__.n(external_node_process_);
// EXTERNAL MODULE: ./src/guard/redaction.ts
var redaction = __nccwpck_require__(3488);
;// CONCATENATED MODULE: ./src/identity/subject-token/executable.ts








/** A token and some words around it. */
const OUTPUT_BYTES = 1024 * 1024;
/**
 * A program that prints the token: https://google.aip.dev/auth/4117. Run by ourselves, because google-auth-library ends the
 * whole process when the program does not exist, quotes its output in messages, and cannot stop one that ignores SIGTERM.
 */
async function runExecutable(step, document, source) {
    // Among its arguments there may be a secret.
    const [program = '', ...args] = splitCommand(source.command);
    const where = `the program ${(0,safe_text/* quoteValue */.cl)(program)}`;
    // The author of the job decides whether a program that a document names is run, not the document.
    if (step.env['GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES'] !== '1') {
        throw subjectTokenUnavailable(where, 'GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is not set to 1', 'program forbidden');
    }
    const cached = source.outputFile === undefined ? undefined : await readCachedToken(step, source.outputFile);
    if (cached !== undefined)
        return cached;
    const words = args.flatMap((arg) => arg.split('='));
    (0,seal/* keepSuspects */._n)(step.masks, words.map((word, index) => [words[index - 1] ?? '', word]));
    const { exitCode, stdout } = await run(step, document, source, where, [program, ...args]);
    const verdict = judgeResponse((0,seal/* seal */.od)(step.masks, stdout).json, step.now(), source.outputFile !== undefined);
    if (verdict.token !== undefined && exitCode === 0)
        return verdict.token;
    const problems = [
        ...(exitCode === 0 ? [] : [`exit code ${exitCode}`]),
        ...('problem' in verdict ? [verdict.problem] : [])
    ];
    throw subjectTokenUnavailable(where, (0,redaction/* createRedaction */.E)(step.masks.known())(problems.join('; ')), 'program failed');
}
/** A program may leave its answer in a file, to be asked again only when that has expired. */
async function readCachedToken(step, path) {
    const file = await (0,small_file/* readSmallFile */.E)(path);
    return file.ok ? judgeResponse((0,seal/* seal */.od)(step.masks, file.content).json, step.now(), true).token : undefined;
}
async function run(step, document, source, where, [program = '', ...args]) {
    const timeout = Math.max(1, Math.min(source.timeoutMs, step.timeLeft()));
    // Inputs are not the program's business, and a credential may be among them.
    const inherited = Object.entries(step.env).filter(([name]) => !name.startsWith('INPUT_'));
    const env = {
        ...Object.fromEntries(inherited),
        GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: document.audience,
        GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: document.subjectTokenType,
        GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: '0',
        ...(source.outputFile === undefined ? {} : { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: source.outputFile }),
        ...(document.account === undefined ? {} : { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: document.account })
    };
    return await new Promise((resolve, reject) => {
        const fail = (problem) => {
            reject(subjectTokenUnavailable(where, problem, 'program failed'));
        };
        try {
            // A group of its own, so that what the program started ends with it.
            const detached = (external_node_process_default()).platform !== 'win32';
            const child = (0,external_node_child_process_.spawn)(program, args, { env, detached, windowsHide: true, stdio: ['ignore', 'pipe', 'ignore'] });
            const output = [];
            let length = 0;
            let stopped;
            const stop = (why) => {
                stopped = why;
                killTree(child);
            };
            const timer = setTimeout(stop, timeout, `it was stopped after ${timeout} ms`);
            child.stdout.on('data', (chunk) => {
                output.push(chunk);
                length += chunk.length;
                if (length > OUTPUT_BYTES)
                    stop('it printed more than 1 MiB');
            });
            child.once('error', (error) => {
                clearTimeout(timer);
                fail(`it could not be run (${(0,safe_text/* codeOf */.$N)(error)})`);
            });
            child.once('close', (exitCode, signal) => {
                clearTimeout(timer);
                if (stopped !== undefined)
                    fail(stopped);
                // A program that fails may still say why, in the same form.
                else if (exitCode !== null)
                    resolve({ exitCode, stdout: Buffer.concat(output).toString('utf8') });
                else
                    fail(`it was ended by ${signal ?? 'a signal'}`);
            });
        }
        catch (error) {
            // Of some names, such as one with a NUL in it, Node says at once that they cannot be run.
            fail(`it could not be run (${(0,safe_text/* codeOf */.$N)(error)})`);
        }
    });
}
/** Ends a program with everything that it started. */
function killTree({ pid }) {
    if (pid === undefined)
        return;
    if ((external_node_process_default()).platform === 'win32') {
        (0,external_node_child_process_.spawn)('taskkill', ['/pid', `${pid}`, '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on('error', () => undefined);
        return;
    }
    try {
        external_node_process_default().kill(-pid, 'SIGKILL');
    }
    catch {
        // It has ended in the meantime.
    }
}
/** Words, of which those in double quotes may hold blanks. */
function splitCommand(command) {
    return (command.match(/(?:[^\s"]+|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''));
}
/** Decides about what the program printed. `problem` never quotes a token. */
function judgeResponse(json, nowMs, mustExpire) {
    const response = (0,guard_json/* isObject */.Gv)(json) ? json : {};
    if (response['version'] !== 1)
        return { problem: 'its answer is not JSON with "version": 1' };
    if (response['success'] !== true) {
        const words = [(0,guard_json/* stringIn */.tB)(response, 'code'), (0,guard_json/* stringIn */.tB)(response, 'message')]
            .filter((part) => part !== undefined)
            .join(' ');
        return { problem: `it answered that it failed: ${(0,safe_text/* safeText */.Hk)(words, 200)}` };
    }
    const expiration = response['expiration_time'];
    if (mustExpire && typeof expiration !== 'number')
        return { problem: 'its answer has no "expiration_time"' };
    if (typeof expiration === 'number' && expiration * 1000 <= nowMs)
        return { problem: 'its token has expired' };
    const member = (0,guard_json/* stringIn */.tB)(response, 'token_type')?.endsWith(':saml2') === true ? 'saml_response' : 'id_token';
    const token = (0,guard_json/* secretIn */.u7)(response, member);
    return token?.matches(/^\S+$/) === true ? { token } : { problem: `its answer has no "${member}" of one line` };
}

;// CONCATENATED MODULE: ./src/identity/subject-token/subject-token.ts












/**
 * The external account's own token.
 *
 * @throws {Failure} SUBJECT_TOKEN_UNAVAILABLE
 */
async function readSubjectToken(step, document) {
    const { source } = document;
    switch (source.kind) {
        case 'file': {
            // A sidecar or the cluster keeps it fresh.
            const file = await (0,small_file/* readSmallFile */.E)(source.path);
            const name = nameFile(source.path);
            if (!file.ok)
                throw subjectTokenUnavailable(name, file.reason, 'file');
            return { token: pickToken((0,seal/* seal */.od)(step.masks, file.content, source.format), source.format, name) };
        }
        case 'url':
            return { token: pickToken(await fetchToken(step, source), source.format, source.url.origin) };
        case 'executable':
            return { token: await runExecutable(step, document, source) };
        case 'aws':
            return { token: await readAwsToken(step, document, source.raw) };
        case 'certificate':
            return await readCertificate(step, source.raw);
    }
}
/** Finds the token in what a file or a URL holds. */
function pickToken({ json, text }, format, where) {
    const token = format.type === 'text' ? json : (0,guard_json/* secretIn */.u7)(json, format.field);
    if (token instanceof secret/* Secret */.z && token.matches(/^\S+$/))
        return token;
    const problem = (0,guard_json/* isObject */.Gv)(json)
        ? 'it holds a JSON object'
        : text.trim() === ''
            ? 'it is empty'
            : 'it holds more than a token';
    throw subjectTokenUnavailable(where, format.type === 'text' ? problem : `it holds no JSON object with a token in "${format.field}"`, 'form');
}
/** The path of a token file may hold the token itself. */
function nameFile(path) {
    return (0,likely_secret/* describeSecret */.w)(path) === undefined ? `the file ${(0,external_node_path_.resolve)(path)}` : 'the file, whose path looks like a token';
}
/** What the identity provider answers; the headers are the document's own and no token of Google's is among them. */
async function fetchToken(step, { url, headers, format }) {
    (0,seal/* keepSuspects */._n)(step.masks, url.searchParams);
    const request = { method: 'GET', url, headers, holds: format };
    const answer = await (0,retried_request/* requestWithRetries */.e)(step, request, subjectTokenHostSilent);
    // Google's libraries take every 2xx.
    if (answer.status >= 200 && answer.status < 300)
        return answer;
    throw subjectTokenRefused(url, (0,token_refusal/* readRefusal */.ni)(answer));
}

;// CONCATENATED MODULE: ./src/identity/external-account.ts




/** Workload or workforce identity federation as a document describes it (`external_account`): https://google.aip.dev/auth/4117 */
function fromExternalAccount(step, document) {
    const { source, audience, tokenUrl, origin } = document;
    // google-github-actions/auth leaves a document whose token comes from GitHub.
    const isGithub = source.kind === 'url' && source.url.host === githubEndpoint(step.env)?.host;
    return createFederatedIdentity(step, {
        ...document,
        description: `external account (${source.kind}) from ${origin}`,
        principal: (0,token_principal/* federatedPrincipal */.Xo)(audience, isGithub ? step.env['GITHUB_REPOSITORY'] : undefined),
        endpoints: source.kind === 'url' ? [source.url, tokenUrl] : [tokenUrl],
        hasCertificate: source.kind === 'certificate',
        subjectToken: async () => await readSubjectToken(step, document)
    });
}

;// CONCATENATED MODULE: ./src/identity/failures/service-account-key.ts





/**
 * Google's token endpoint refused a service account's own assertion.
 *
 * @param now milliseconds since the epoch
 * @param audience of the ID token, where one was asked for
 */
function keyRefused(refusal, { email, keyId }, now, audience) {
    const account = (0,safe_text/* safeText */.Hk)(email);
    const facts = {
        refusal,
        email,
        account,
        key: `${keyId === undefined ? 'the key' : `key ${(0,safe_text/* safeText */.Hk)(keyId)}`} of ${account}`,
        audience,
        ahead: refusal.googleTime === undefined ? undefined : Math.round((now - refusal.googleTime) / 1000)
    };
    return new failure/* Failure */.HR({ code: 'CREDENTIALS_EXPIRED', ...(0,failure/* explainBy */.H$)(service_account_key_CAUSES, facts), answer: (0,token_refusal/* quoteRefusal */.HJ)(refusal) });
}
const isOutOfTime = ({ refusal }) => /reasonable timeframe|iat and exp|short-lived/i.test(refusal.message);
const service_account_key_CAUSES = [
    {
        code: 'SERVICE_ACCOUNT_NOT_FOUND',
        when: ({ refusal }) => /account not found/i.test(refusal.message),
        explain: deletedAccount
    },
    { code: 'INPUT_INVALID', when: ({ refusal }) => refusal.code === 'invalid_scope', explain: oddAudience },
    { when: (facts) => isOutOfTime(facts) && Math.abs(facts.ahead ?? Infinity) > world_step/* CLOCK_TOLERANCE_S */.FF, explain: wrongClock },
    { when: isOutOfTime, explain: delayedAssertion },
    { when: ({ refusal }) => refusal.code.includes('disabled'), explain: disabledAccount },
    { when: () => true, explain: deletedKey }
];
function deletedAccount({ account, email, key }) {
    const name = /^([a-z][a-z0-9-]*)@/.exec(email)?.[1];
    return {
        sentence: `The service account ${account}, to which ${key} belongs, does not exist any more.`,
        cause: 'The account was deleted, and its keys with it.',
        remedy: 'Use another account, or restore the deleted one within 30 days.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('restore the account; the first command shows UNIQUE_ID beside each e-mail', `gcloud logging read "protoPayload.methodName=google.iam.admin.v1.DeleteServiceAccount${name === undefined ? '' : ` AND resource.labels.email_id:${name}`}" --freshness=30d --format="value(resource.labels.email_id, resource.labels.unique_id)"${(0,snippets/* projectFlag */.K6)(email)}`, `gcloud iam service-accounts undelete UNIQUE_ID${(0,snippets/* projectFlag */.K6)(email)}`)
        ]
    };
}
function oddAudience({ refusal, account, audience }) {
    return {
        sentence: `Google does not accept the audience${audience === undefined ? '' : ` ${(0,safe_text/* safeText */.Hk)(audience)}`}, for which the key of ${account} asked a token: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        cause: 'The audience is neither a URL nor a client id for which Google issues tokens.',
        remedy: 'Set the input audience to the URL of the service or to an OAuth client id.',
        snippets: [(0,snippets/* inStep */.qg)('audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app')]
    };
}
function wrongClock({ key, ahead }) {
    const clock = ahead === undefined
        ? "differs from Google's"
        : `is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} Google's`;
    return {
        sentence: `Google refused ${key} because this machine's clock ${clock}.`,
        remedy: 'Set the clock of this machine, for example by NTP, and run the job again.',
        snippets: [snippets/* SET_CLOCK */.GP]
    };
}
function delayedAssertion({ key, ahead = 0 }) {
    return {
        sentence: `Google refused ${key} as out of time, although the clocks of this machine and of Google agree (${Math.abs(ahead)} s apart).`,
        cause: 'Something on the way, such as a proxy, holds requests back or repeats older ones.',
        remedy: 'Run the job again; if the refusal stays, look for a proxy that delays requests.'
    };
}
function disabledAccount({ refusal, account, key }) {
    return {
        sentence: `Google does not accept ${key}, because the service account is disabled (${refusal.code}).`,
        remedy: 'Enable the account, unless that was done on purpose.',
        snippets: [(0,snippets/* inTerminal */.e5)('enable the account', `gcloud iam service-accounts enable ${(0,snippets/* accountWord */.YN)(account)}`)]
    };
}
function deletedKey({ refusal, account, key }) {
    return {
        sentence: `Google no longer accepts ${key}: the key was deleted, disabled or has expired (${(0,token_refusal/* quoteWords */.AD)(refusal)}).`,
        cause: 'Keys are told apart by "private_key_id" of their document.',
        remedy: 'Set workload_identity_provider, which needs no key; or enable the key, or store a new key in the place of the old one. The list of keys shows which are disabled or expired; an organization policy (iam.disableServiceAccountKeyCreation) may forbid new keys.',
        snippets: [
            (0,snippets/* inTerminal */.e5)('see which keys are accepted', `gcloud iam service-accounts keys list ${(0,snippets/* accountWord */.YN)(account, '--iam-account=')}`),
            (0,snippets/* inTerminal */.e5)('make a new key', `gcloud iam service-accounts keys create key.json ${(0,snippets/* accountWord */.YN)(account, '--iam-account=')}`),
            (0,snippets/* inTerminalWithGh */.RY)('store the new key', 'cat key.json | gh secret set NAME_OF_SECRET', 'rm key.json')
        ]
    };
}

;// CONCATENATED MODULE: ./src/identity/service-account-key.ts







/**
 * A service account's key. It signs for itself (RFC 7523), so that an ID token costs one request and needs neither a role nor
 * an API: https://developers.google.com/identity/protocols/oauth2/service-account
 *
 * @throws {Failure} CREDENTIALS_INVALID where the private key cannot be read
 */
function fromServiceAccountKey(step, universe, key) {
    const { email, tokenUrl } = key;
    const privateKey = (0,jwt/* readPrivateKey */.$k)(key.privateKey) ?? notPem(key);
    function sign(claims) {
        return step.masks.keep((0,jwt/* signJwt */.No)(key.keyId === undefined ? {} : { kid: key.keyId }, claims, privateKey));
    }
    /** A JWT that Google accepts as a grant for at most one hour. */
    function signAssertion(claims) {
        const issuedAt = Math.floor(step.now() / 1000);
        return sign({ iss: email, aud: (0,google_hosts/* oauthTokenUrl */.GH)(universe).href, iat: issuedAt, exp: issuedAt + 3600, ...claims });
    }
    async function grant(claims) {
        const assertion = signAssertion(claims);
        const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
        return await (0,token_token_endpoint/* requestToken */.Fr)(step, { tokenUrl, form }, (refusal) => keyRefused(refusal, key, step.now(), (0,guard_json/* stringIn */.tB)(claims, 'target_audience')));
    }
    return {
        description: `service account key of ${email} from ${key.origin}`,
        principal: (0,token_principal/* serviceAccountPrincipal */.zU)(email),
        account: email,
        isKey: true,
        endpoints: [tokenUrl],
        async accessToken() {
            return { token: (0,token_token_endpoint/* readAccessToken */.o3)(tokenUrl, await grant({ scope: google_hosts/* CLOUD_PLATFORM_SCOPE */.Zl }), 'access_token') };
        },
        async idToken(audience) {
            return (0,token_token_endpoint/* readIdToken */.xm)(tokenUrl, await grant({ target_audience: audience }), 'id_token');
        },
        async signJwt(write) {
            return await Promise.resolve(sign(write(email)));
        }
    };
}
function notPem(key) {
    throw credentialsInvalid(key.origin, '"private_key" is not an RSA private key in PEM', 'private key');
}

;// CONCATENATED MODULE: ./src/identity/workforce-user.ts



/**
 * A workforce identity that signed in with gcloud (`external_account_authorized_user`). Google gives it access tokens only.
 * https://cloud.google.com/iam/docs/workforce-sign-in-gcloud
 */
function fromWorkforceUser(step, user) {
    return {
        description: `workforce identity (external_account_authorized_user) from ${user.origin}`,
        principal: (0,token_principal/* federatedPrincipal */.Xo)(user.pool),
        endpoints: [user.tokenUrl],
        async accessToken() {
            const form = { grant_type: 'refresh_token', refresh_token: user.refreshToken };
            const answer = await (0,token_token_endpoint/* requestToken */.Fr)(step, { ...user, form }, (refusal) => userRefused(refusal, user));
            return { token: (0,token_token_endpoint/* readAccessToken */.o3)(user.tokenUrl, answer, 'access_token') };
        }
    };
}

;// CONCATENATED MODULE: ./src/identity/identity.ts












/**
 * Finds the identity of the job. Makes no request, except to look for a metadata server.
 *
 * @throws {Failure} CREDENTIALS_…, SERVICE_ACCOUNT_REQUIRED, OIDC_UNAVAILABLE
 */
async function findIdentity(step, inputs) {
    const start = await findCredential(step, inputs);
    const identity = { ...start, impersonations: addImpersonation(start, inputs) };
    await checkKind(step, inputs, identity);
    if (inputs.workloadIdentityProvider !== undefined)
        await requireGithubPermission(step);
    return identity;
}
/** Whether the identity can have a token of the kind that is wanted. */
async function checkKind(step, { token, workloadIdentityProvider }, { credential, impersonations }) {
    const account = impersonations.at(-1)?.account;
    // google-github-actions/auth leaves the only documents whose token comes from GitHub.
    const isOfAuth = workloadIdentityProvider === undefined && credential.principal.includes('/attribute.repository/');
    if (account === undefined && credential.idToken === undefined) {
        const withheld = (0,restricted_run/* explainWithheld */.Lc)(step.env, await (0,world_restricted_run/* findRestriction */.m)(step.env));
        throw serviceAccountRequired(credential, isOfAuth, withheld);
    }
    if (token === 'id_token')
        return;
    if (account === undefined && credential.signJwt === undefined)
        throw signatureUnsupported(credential);
    if (account !== undefined && !account.includes('@'))
        throw (0,failures/* emailRequired */.YM)(account);
}
async function findCredential(step, inputs) {
    const { universe } = inputs;
    if (inputs.workloadIdentityProvider !== undefined) {
        return { credential: fromGithub(step, universe, inputs.workloadIdentityProvider), impersonations: [] };
    }
    if (inputs.credentialsJson !== undefined) {
        return fromDocument(step, readDocument(step.masks, inputs.credentialsJson, 'credentials_json', universe), universe);
    }
    const found = await findApplicationDefault(step, universe, inputs.serviceAccount !== undefined);
    return found.kind === 'metadata server'
        ? { credential: fromMetadataServer(step, universe), impersonations: [] }
        : fromDocument(step, found.document, universe);
}
/**
 * The impersonation of the account that the inputs ask for. An account that the credential stands for already is not impersonated
 * twice: that would need a role of the account on itself.
 */
function addImpersonation({ credential, impersonations }, inputs) {
    const { serviceAccount: account, delegates } = inputs;
    if (account === undefined)
        return impersonations;
    const wanted = { account, delegates, origin: 'the input service_account' };
    const last = impersonations.at(-1);
    if (!isSame(last?.account ?? credential.account, account))
        return [...impersonations, wanted];
    return last === undefined || delegates.length === 0 ? impersonations : [...impersonations.slice(0, -1), wanted];
}
/** E-mails of service accounts have no upper case, but people write some. */
function isSame(one, other) {
    return one?.toLowerCase() === other.toLowerCase();
}
/**
 * The credential that a document describes, and the accounts that the document itself impersonates.
 *
 * @param impersonates the account for which a document around this one was made
 */
function fromDocument(step, document, universe, impersonates) {
    switch (document.type) {
        case 'service_account':
            return { credential: fromServiceAccountKey(step, universe, document), impersonations: [] };
        case 'authorized_user':
            return { credential: fromAuthorizedUser(step, document, impersonates), impersonations: [] };
        case 'external_account_authorized_user':
            return { credential: fromWorkforceUser(step, document), impersonations: [] };
        case 'external_account': {
            const { account, origin } = document;
            const impersonations = account === undefined ? [] : [{ account, delegates: [], origin }];
            return { credential: fromExternalAccount(step, document), impersonations };
        }
        case 'impersonated_service_account': {
            const source = fromDocument(step, document.source, universe, impersonates ?? document.account);
            return { ...source, impersonations: [...source.impersonations, document] };
        }
    }
}


/***/ }),

/***/ 9639:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   aW: () => (/* binding */ readAudiences),
/* harmony export */   ot: () => (/* binding */ findAudience)
/* harmony export */ });
/* unused harmony exports parseAudience, parseIapAudience */
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6530);
/* harmony import */ var _guard_likely_secret_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5750);
/* harmony import */ var _call_inputs_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(7856);
/* harmony import */ var _complaints_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(239);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(1926);
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(4042);
/* harmony import */ var _raw_inputs_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(6685);
/* harmony import */ var _service_url_js__WEBPACK_IMPORTED_MODULE_8__ = __nccwpck_require__(7306);
/* harmony import */ var _values_js__WEBPACK_IMPORTED_MODULE_7__ = __nccwpck_require__(8463);









/**
 * The audiences that the input names, or the one that follows from `url`.
 *
 * @throws {Failure | AggregateError} INPUT_INVALID or AUDIENCE_REQUIRED
 */
function readAudiences() {
    const forIap = (0,_raw_inputs_js__WEBPACK_IMPORTED_MODULE_6__/* .read */ .LF)('token') === 'iap_jwt';
    const [first, ...others] = (0,_complaints_js__WEBPACK_IMPORTED_MODULE_3__/* .readEach */ .e2)(new Set((0,_values_js__WEBPACK_IMPORTED_MODULE_7__/* .parseList */ .E1)((0,_raw_inputs_js__WEBPACK_IMPORTED_MODULE_6__/* .read */ .LF)('audience'), '\n')), forIap ? parseIapAudience : parseAudience);
    if (first !== undefined)
        return { audiences: [first, ...others], audienceDerived: false };
    const value = (0,_raw_inputs_js__WEBPACK_IMPORTED_MODULE_6__/* .optional */ .lq)('url');
    if (value !== undefined) {
        const url = (0,_values_js__WEBPACK_IMPORTED_MODULE_7__/* .parseUrl */ .Dl)(value);
        // Identity-Aware Proxy compares with the URL that is called, its tag included.
        const audience = forIap ? `https://${(0,_call_inputs_js__WEBPACK_IMPORTED_MODULE_2__/* .addTag */ .Ap)(url).url.host}/*` : findAudience(url);
        if (audience === undefined)
            throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_5__/* .audienceRequired */ .QG)(url);
        return { audiences: [audience], audienceDerived: true };
    }
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_5__/* .inputInvalid */ .m7)('audience', `audience and url are both empty; ${_failures_js__WEBPACK_IMPORTED_MODULE_5__/* .WHY_EMPTY */ .x1}`, 'Set url to the service to call, or audience to the service the token is for.', ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'], [_failure_snippets_js__WEBPACK_IMPORTED_MODULE_4__/* .LIST_SERVICES */ .y3]);
}
/**
 * The audience that a URL tells by itself. Cloud Run's is the service's own URL, also for a traffic tag
 * (https://cloud.google.com/run/docs/authenticating/service-to-service); a function's ends with its name. Neither has a port.
 *
 * @returns undefined where only the owner of the service can know it
 */
function findAudience(url) {
    if ((0,_service_url_js__WEBPACK_IMPORTED_MODULE_8__/* .isCloudRunUrl */ .AH)(url))
        return `https://${(0,_service_url_js__WEBPACK_IMPORTED_MODULE_8__/* .withoutTag */ .nb)(url).hostname}`;
    const [, name] = url.pathname.split('/');
    return (0,_service_url_js__WEBPACK_IMPORTED_MODULE_8__/* .isFunctionUrl */ .MS)(url) && name !== undefined && name !== '' ? `https://${url.hostname}/${name}` : undefined;
}
/** An audience, taken exactly as written; no value that can be one is a secret or has control characters. */
function parseAudience(value) {
    const secret = (0,_guard_likely_secret_js__WEBPACK_IMPORTED_MODULE_1__/* .describeSecret */ .w)(value);
    if (secret === undefined && !/\p{Cc}/u.test(value) && value.isWellFormed())
        return value;
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_5__/* .inputInvalid */ .m7)('audience', `${secret ?? 'a value with control characters or broken Unicode'} is no audience`, 'Set audience to the URL of the service, or to an OAuth client id.', ['audience: https://SERVICE-PROJECT_NUMBER.REGION.run.app']);
}
/** The same of a JWT for Identity-Aware Proxy: a URL, or a prefix of one and `/*`. */
function parseIapAudience(value) {
    const audience = parseAudience(value);
    if (audience.startsWith('https://'))
        return audience;
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_5__/* .inputInvalid */ .m7)('audience', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(audience)} does not start with https://, and Identity-Aware Proxy compares the audience of a JWT with the called URL`, 'Leave audience empty, or set it to the URL or to https://HOST/*.', ['audience: https://HOST/*']);
}


/***/ }),

/***/ 7856:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Ap: () => (/* binding */ addTag),
  fd: () => (/* binding */ findIapToken)
});

// UNUSED EXPORTS: readCall

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __nccwpck_require__(7067);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/inputs/complaints.ts
var complaints = __nccwpck_require__(239);
// EXTERNAL MODULE: ./src/inputs/expectations.ts + 1 modules
var expectations = __nccwpck_require__(4799);
// EXTERNAL MODULE: ./src/inputs/failures.ts
var failures = __nccwpck_require__(4042);
// EXTERNAL MODULE: ./src/inputs/raw-inputs.ts
var raw_inputs = __nccwpck_require__(6685);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __nccwpck_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
;// CONCATENATED MODULE: ./src/inputs/request-body.ts




/** Cloud Run takes no larger request over HTTP/1: https://cloud.google.com/run/quotas#request_limits */
const MOST_BYTES = (/* unused pure expression or super */ null && (32 * 1024 * 1024));
/**
 * @param body text, exactly as it is to be sent; empty for none
 * @param file of the workspace, and not outside of it
 * @throws {Failure} INPUT_INVALID
 */
async function request_body_readRequestBody(body, file, method, workspace) {
    if (body !== '' && file !== undefined) {
        throw inputInvalid('body', 'set together with body_file', 'Set either body or body_file.', [
            'body_file: payload.json'
        ]);
    }
    if (body === '' && file === undefined)
        return undefined;
    if (method === 'GET' || method === 'HEAD') {
        // RFC 9110, 9.3.1: content in a GET request has no defined meaning, and Google's front end answers it with 400.
        throw inputInvalid(file === undefined ? 'body' : 'body_file', `a ${method} request has no body`, 'Set method to POST or PUT.', ['method: POST']);
    }
    return file === undefined ? Buffer.from(body) : await readBodyFile(file, workspace);
}
async function readBodyFile(file, workspace) {
    const unusable = (problem, remedy) => inputInvalid('body_file', `${quoteValue(file)} ${problem}`, remedy, ['body_file: payload.json']);
    try {
        const real = await realpath(path.resolve(workspace, file));
        const relative = path.relative(await realpath(workspace), real);
        if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
            throw unusable('is outside of the workspace', 'Put the file into the workspace.');
        }
        const status = await stat(real);
        if (!status.isFile())
            throw unusable('is not a file', 'Name a regular file.');
        if (status.size <= MOST_BYTES)
            return await readFile(real);
    }
    catch (error) {
        const code = codeOf(error);
        if (code === 'UNKNOWN')
            throw error;
        throw unusable(`cannot be read (${code})`, 'Name a file of the workspace, after a step with actions/checkout.');
    }
    throw inputInvalid('body_file', `${quoteValue(file)} is larger than 32 MiB`, 'Send a smaller body.');
}

// EXTERNAL MODULE: ./src/inputs/request-headers.ts
var request_headers = __nccwpck_require__(6655);
// EXTERNAL MODULE: ./src/inputs/service-url.ts
var service_url = __nccwpck_require__(7306);
// EXTERNAL MODULE: ./src/inputs/values.ts
var values = __nccwpck_require__(8463);
;// CONCATENATED MODULE: ./src/inputs/call-inputs.ts










/** Inputs that only a call uses, with what each is where it is empty: its default. */
const CALL_DEFAULTS = {
    tag: '',
    method: 'GET',
    headers: '',
    body: '',
    body_file: '',
    token_header: '',
    expect_status: '2xx',
    expect_headers: '',
    expect_body: '',
    expect_json: '',
    assert_private: 'false',
    iam_wait: '60s'
};
/**
 * Reads what is about the call, whether or not there is one.
 *
 * @returns undefined where the action only gets tokens
 * @throws {Failure | AggregateError} INPUT_INVALID
 */
async function readCall(workspace) {
    const { target, ...call } = await readAll({
        target: readTarget,
        method: () => parseMethod(orDefault('method')),
        headers: () => parseHeaders(read('headers'), read('token_header'), findIapToken(parseLines(read('audience'))[0])),
        body: async () => await readRequestBody(readExactly('body'), optional('body_file'), parseMethod(orDefault('method')), workspace),
        expectations: async () => await compileExpectations({
            status: orDefault('expect_status'),
            headers: read('expect_headers'),
            body: read('expect_body'),
            json: read('expect_json')
        }),
        assertPrivate: () => parseBoolean('assert_private', orDefault('assert_private')),
        iamWaitMs: () => parseDuration('iam_wait', orDefault('iam_wait'), 0)
    });
    return target === undefined ? undefined : { ...target, ...call };
}
function orDefault(name) {
    return read(name, CALL_DEFAULTS[name]);
}
/** Whether the token is one for Identity-Aware Proxy. */
function findIapToken(audience) {
    if ((0,raw_inputs/* read */.LF)('token') === 'iap_jwt')
        return 'iap_jwt';
    return (0,request_headers/* isOAuthClient */.L_)(audience ?? '') ? 'id_token' : undefined;
}
/** Where the call goes. */
function readTarget() {
    const value = optional('url');
    if (value !== undefined)
        return addTag(parseUrl(value));
    checkNoCall();
    return undefined;
}
/**
 * The URL with the tag that the input names, or that it has already.
 *
 * @throws {Failure} INPUT_INVALID
 */
function addTag(url) {
    const tag = (0,raw_inputs/* optional */.lq)('tag');
    return { url: tag === undefined ? url : tagUrl(url, tag), tag: tag ?? (0,service_url/* tagOf */.cO)(url) };
}
/** Most likely `url` came from an expression that gave nothing, and a check would be skipped silently. */
function checkNoCall() {
    const set = Object.keys(CALL_DEFAULTS).filter((name) => isSet(name));
    // That neither url nor audience is set is a complaint of its own.
    if (set.length === 0 || read('audience') === '')
        return;
    const names = set.join(', ').replace(/, (?=[^,]*$)/, ' and ');
    const are = set.length === 1 ? 'is' : 'are';
    throw inputInvalid('url', `url is empty, but ${names} ${are} set, which only a call uses; ${WHY_EMPTY}`, `Set url, or leave ${names} out.`, ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH']);
}
function isSet(name) {
    const value = orDefault(name);
    // 60s and 1m are the same value.
    if (name === 'iam_wait' && ['60', '1m', '60000ms'].includes(value))
        return false;
    return value.toUpperCase() !== CALL_DEFAULTS[name].toUpperCase();
}
function tagUrl(url, tag) {
    if (!(0,service_url/* isTag */.dz)(tag)) {
        throw (0,failures/* inputInvalid */.m7)('tag', `${(0,safe_text/* quoteValue */.cl)(tag)} is not a traffic tag`, 'Use lower-case letters, digits and single hyphens.', ['tag: canary']);
    }
    if (!(0,service_url/* isCloudRunUrl */.AH)(url)) {
        throw (0,failures/* inputInvalid */.m7)('tag', `${(0,safe_text/* quoteValue */.cl)(url.hostname)} has no tags`, "Set url to the service's own *.run.app URL.", ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH', `tag: ${tag}`]);
    }
    const inUrl = (0,service_url/* tagOf */.cO)(url);
    if (inUrl !== undefined && inUrl !== tag) {
        throw (0,failures/* inputInvalid */.m7)('tag', `tag is ${(0,safe_text/* quoteValue */.cl)(tag)}, but url has the tag ${(0,safe_text/* quoteValue */.cl)(inUrl)}`, 'Set one of the two.');
    }
    return (0,service_url/* withTag */.Rd)(url, tag);
}
function parseMethod(value) {
    const method = value.toUpperCase();
    // CONNECT would be for a proxy; Cloud Run answers neither, and TRACE would return the token.
    if (METHODS.includes(method) && method !== 'CONNECT' && method !== 'TRACE')
        return method;
    throw inputInvalid('method', `${quoteValue(value)} is not an HTTP method that a service answers`, 'Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.', ['method: POST']);
}


/***/ }),

/***/ 239:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   e2: () => (/* binding */ readEach),
/* harmony export */   yG: () => (/* binding */ complaintsIn),
/* harmony export */   yw: () => (/* binding */ readAll)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);

/**
 * Calls every reader even if others fail, so that all complaints are reported at once.
 *
 * @throws {Failure} the only complaint
 * @throws {AggregateError} several of them, in the order of the readers
 */
async function readAll(readers) {
    const results = await Promise.allSettled(Object.values(readers).map(async (read) => await read()));
    const values = readEach(results, (result) => {
        if (result.status === 'rejected')
            throw result.reason;
        return result.value;
    });
    return Object.fromEntries(Object.keys(readers).map((name, index) => [name, values[index]]));
}
/** The same for each part of a list. */
function readEach(parts, read) {
    const values = [];
    const complaints = [];
    for (const part of parts) {
        try {
            values.push(read(part));
        }
        catch (error) {
            complaints.push(...complaintsIn(error));
        }
    }
    const [first, ...others] = complaints;
    if (first === undefined)
        return values;
    throw others.length === 0 ? first : new AggregateError(complaints);
}
/** The complaints that a reader threw. Any other error is a defect, and is thrown on. */
function complaintsIn(error) {
    if (error instanceof _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR)
        return [error];
    if (error instanceof AggregateError && error.errors.every((each) => each instanceof _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR))
        return error.errors;
    throw error;
}


/***/ }),

/***/ 4799:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  b: () => (/* binding */ compileExpectations)
});

// EXTERNAL MODULE: ./src/inputs/complaints.ts
var complaints = __nccwpck_require__(239);
// EXTERNAL MODULE: ./src/inputs/request-headers.ts
var request_headers = __nccwpck_require__(6655);
// EXTERNAL MODULE: ./src/inputs/pattern.ts
var pattern = __nccwpck_require__(5235);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/inputs/failures.ts
var failures = __nccwpck_require__(4042);
// EXTERNAL MODULE: ./src/inputs/values.ts
var values = __nccwpck_require__(8463);
;// CONCATENATED MODULE: ./src/inputs/status-set.ts



/**
 * @param text codes, ranges and classes: `200,204,301-303,4xx`
 * @throws {Failure} INPUT_INVALID
 */
function parseStatusSet(text) {
    const parts = (0,values/* parseList */.E1)(text).map(parsePart);
    if (parts.length === 0)
        throw invalid(text);
    return {
        text,
        has: (status) => parts.some(({ from, to }) => status >= from && status <= to),
        lists: (status) => parts.some((part) => part.exact && part.from === status)
    };
}
function parsePart(part) {
    const [, hundreds] = /^([1-5])xx$/i.exec(part) ?? [];
    if (hundreds !== undefined)
        return { from: Number(hundreds) * 100, to: Number(hundreds) * 100 + 99, exact: false };
    const [, first, last] = /^([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?$/.exec(part) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || from > to)
        throw invalid(part);
    return { from, to, exact: last === undefined };
}
function invalid(part) {
    return (0,failures/* inputInvalid */.m7)('expect_status', `${(0,safe_text/* quoteValue */.cl)(part)} is no status`, 'Write codes, ranges and classes, as 200,204,301-303,4xx.', ['expect_status: 200,204,301-303,4xx']);
}

;// CONCATENATED MODULE: ./src/inputs/expectations.ts





/**
 * @throws {Failure | AggregateError} INPUT_INVALID for whatever can be known to be wrong
 */
async function compileExpectations(inputs) {
    return await (0,complaints/* readAll */.yw)({
        status: () => parseStatusSet(inputs.status),
        headers: () => (0,complaints/* readEach */.e2)((0,values/* parseLines */.Li)(inputs.headers), (line) => {
            const { name, value } = (0,request_headers/* parseHeaderLine */.Lw)('expect_headers', line);
            return { name, pattern: (0,pattern/* checkPattern */.r)('expect_headers', value) };
        }),
        body: () => (0,complaints/* readEach */.e2)((0,values/* parseLines */.Li)(inputs.body), (line) => (0,pattern/* checkPattern */.r)('expect_body', line)),
        json: async () => await compileJson((0,values/* parseLines */.Li)(inputs.json))
    });
}
/** The library is loaded only where there is an expression. */
async function compileJson(expressions) {
    if (expressions.length === 0)
        return [];
    const { compileJsonExpression } = await Promise.all(/* import() */[__nccwpck_require__.e(22), __nccwpck_require__.e(445)]).then(__nccwpck_require__.bind(__nccwpck_require__, 445));
    return (0,complaints/* readEach */.e2)(expressions, compileJsonExpression);
}


/***/ }),

/***/ 4042:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   QG: () => (/* binding */ audienceRequired),
/* harmony export */   YM: () => (/* binding */ emailRequired),
/* harmony export */   m7: () => (/* binding */ inputInvalid),
/* harmony export */   tz: () => (/* binding */ inputsInvalid),
/* harmony export */   x1: () => (/* binding */ WHY_EMPTY)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(1926);
/* harmony import */ var _service_url_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(7306);




/**
 * One input is wrong, found before any request is made.
 *
 * @param remedy what to write instead, as a sentence
 * @param example the same as lines of YAML, where it is not to leave the input out
 * @param commands that tell the right value
 */
function inputInvalid(input, problem, remedy, example = [], commands = []) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'INPUT_INVALID',
        sentence: `Input ${input}: ${problem}.`,
        remedy,
        snippets: [
            commands.length > 0 && (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('learn the right value', ...commands),
            example.length > 0 && (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)(...example)
        ]
    });
}
/** Identity-Aware Proxy knows a service account by its e-mail alone. @param account its unique id */
function emailRequired(account) {
    return inputInvalid('service_account', `${account} is a unique id, and a JWT for Identity-Aware Proxy (token: iap_jwt) needs the e-mail of the account`, 'Set service_account to the e-mail.', ['service_account: NAME@PROJECT.iam.gserviceaccount.com'], [`gcloud iam service-accounts describe ${account} --format="value(email)"`]);
}
/** Part of a sentence about an input that is empty, and that an expression was to fill. */
const WHY_EMPTY = 'an expression may have given nothing, because GitHub drops outputs that contain a secret';
/** The same complaint, where it is known why an expression gave nothing. */
function withReason({ text }, { because, remedy, snippets }) {
    return text.sentence.includes(WHY_EMPTY)
        ? new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({ ...text, sentence: text.sentence.replace(WHY_EMPTY, () => because), remedy, snippets })
        : new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR(text);
}
/** Everything that is wrong with the inputs: the first complaint with the number of the others, and below it all of them. */
function inputsInvalid(found, withheld) {
    const complaints = withheld === undefined ? found : found.map((complaint) => withReason(complaint, withheld));
    // The same value may be read for two purposes.
    const texts = [...new Map(complaints.map(({ text }) => [text.sentence, text])).values()];
    const [first, ...others] = texts;
    if (first === undefined)
        throw new Error('no complaint');
    if (others.length === 0)
        return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR(first);
    const count = others.length === 1 ? '1 other complaint about the inputs' : `${others.length} other complaints about the inputs`;
    const named = new Set(others.map(({ sentence }) => /^Input (\w+):/.exec(sentence)?.[1] ?? 'audience'));
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        ...first,
        code: 'INPUT_INVALID',
        sentence: `${first.sentence.replace(/\.$/, '')} (${count}: ${[...named].join(', ')}).`,
        snippets: texts.flatMap(({ snippets = [] }) => snippets),
        details: texts.map(({ sentence, remedy }) => `${sentence} ${remedy}`)
    });
}
/** The host is not one of those whose audience follows from the URL. */
function audienceRequired(url) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'AUDIENCE_REQUIRED',
        ...((0,_service_url_js__WEBPACK_IMPORTED_MODULE_3__/* .isFunctionUrl */ .MS)(url) ? explainFunction(url) : explainDomain(url))
    });
}
/** https://cloud.google.com/functions/docs/calling/http: `https://REGION-PROJECT.cloudfunctions.net/FUNCTION` */
function explainFunction(url) {
    const { region, project } = (0,_service_url_js__WEBPACK_IMPORTED_MODULE_3__/* .placeOfFunction */ .vf)(url);
    return {
        sentence: `url ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeUrl */ .Pl)(url)} lacks the name of the function, without which no audience can be derived.`,
        remedy: `Set url to ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.origin)}/FUNCTION, with the name of the function.`,
        snippets: [
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see the names', `gcloud functions list --project=${project} --regions=${region}`),
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)(`url: ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.origin)}/FUNCTION`)
        ]
    };
}
function explainDomain(url) {
    const host = (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.host);
    const where = (place, audience) => (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inYaml */ .$7)(`In this step, under "with", where ${place}`, `audience: ${audience}`);
    return {
        sentence: `No audience can be derived from ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeUrl */ .Pl)(url)}: only the URLs of *.run.app and *.cloudfunctions.net name their audience.`,
        remedy: `Set audience. For Cloud Run behind ${host}: the *.run.app URL of the service. For Identity-Aware Proxy: an OAuth client id of IAP, or set token to iap_jwt. For API Gateway: a value of x-google-audiences.`,
        snippets: [
            where('Cloud Run is behind the domain: the URL of the service itself, or one of its custom audiences', 'https://SERVICE-PROJECT_NUMBER.REGION.run.app'),
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminal */ .e5)('see the URL of each service', _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .LIST_SERVICES */ .y3),
            where('Identity-Aware Proxy is behind the domain: its OAuth client id', 'NUMBER-NAME.apps.googleusercontent.com'),
            where('API Gateway or Endpoints is behind the domain: a value of x-google-audiences in its OpenAPI document, or its URL', (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.origin))
        ]
    };
}


/***/ }),

/***/ 5235:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   c: () => (/* binding */ matches),
/* harmony export */   r: () => (/* binding */ checkPattern)
/* harmony export */ });
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6530);
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(4042);


/** `^` and `$` are the ends of a line, as they are for grep. */
const FLAGS = 'm';
/**
 * A regular expression of the author's, known to compile.
 *
 * @throws {Failure} INPUT_INVALID
 */
function checkPattern(input, pattern) {
    try {
        new RegExp(pattern, FLAGS);
        return pattern;
    }
    catch {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_1__/* .inputInvalid */ .m7)(input, `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(pattern)} is not a regular expression`, 'Escape ( ) [ ] { } * + ? . with a backslash.', [`${input}: |`, `  ${input === 'expect_headers' ? 'Name: ' : ''}^total \\(EUR\\): \\d+\\.\\d\\d$`]);
    }
}
/** Whether a pattern matches somewhere in a text. On a text that the other side chose it may need ages. */
function matches(pattern, text) {
    return new RegExp(pattern, FLAGS).test(text);
}


/***/ }),

/***/ 6685:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   LF: () => (/* binding */ read),
/* harmony export */   lq: () => (/* binding */ optional)
/* harmony export */ });
/* unused harmony export readExactly */
/* harmony import */ var _actions_core__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(9752);

/**
 * An input.
 *
 * @param whenEmpty its default, again: an expression that comes to nothing reaches the action as an empty input
 */
function read(name, whenEmpty = '') {
    const value = (0,_actions_core__WEBPACK_IMPORTED_MODULE_0__/* .getInput */ .V4)(name);
    return value === '' ? whenEmpty : value;
}
/** An input with the blanks around it. */
function readExactly(name) {
    return getInput(name, { trimWhitespace: false });
}
function optional(name) {
    const value = read(name);
    return value === '' ? undefined : value;
}


/***/ }),

/***/ 6655:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   L_: () => (/* binding */ isOAuthClient),
/* harmony export */   Lw: () => (/* binding */ parseHeaderLine),
/* harmony export */   QG: () => (/* binding */ parseHeaders),
/* harmony export */   VX: () => (/* binding */ TOKEN_HEADERS)
/* harmony export */ });
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(6530);
/* harmony import */ var _complaints_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(239);
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4042);
/* harmony import */ var _values_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(8463);




/** https://cloud.google.com/run/docs/authenticating/service-to-service, https://cloud.google.com/iap/docs/authentication-howto */
const TOKEN_HEADERS = ['Authorization', 'X-Serverless-Authorization', 'Proxy-Authorization'];
/** They frame the message (RFC 9112, 6 and 9) or choose another service behind the same front end. */
const FRAMING_HEADERS = [
    'connection',
    'content-length',
    'expect',
    'host',
    'keep-alive',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade'
];
/**
 * @param lines `Name: value`, one per line
 * @param tokenHeader empty for the one that fits
 * @param forIap the kind of a token that is for Identity-Aware Proxy
 * @throws {Failure | AggregateError} INPUT_INVALID
 */
function parseHeaders(lines, tokenHeader, forIap) {
    const own = Object.create(null);
    const headers = (0,_complaints_js__WEBPACK_IMPORTED_MODULE_1__/* .readEach */ .e2)((0,_values_js__WEBPACK_IMPORTED_MODULE_3__/* .parseLines */ .Li)(lines), (line) => {
        const { name, value } = parseHeaderLine('headers', line);
        if (FRAMING_HEADERS.includes(name.toLowerCase())) {
            throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('headers', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(name)} is set by HTTP itself`, `Leave ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(name)} out of headers.`);
        }
        // RFC 9110, 5.5: visible characters, blanks and the upper half of Latin-1.
        if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
            throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('headers', `the value of ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(name)} has characters that no header can carry`, 'Encode the value, for example as base64.');
        }
        return { name, value };
    });
    for (const { name, value } of headers) {
        const written = Object.keys(own).find((known) => known.toLowerCase() === name.toLowerCase()) ?? name;
        (own[written] ??= []).push(value);
    }
    const repeated = TOKEN_HEADERS.find((name) => (valuesOf(own, name)?.length ?? 0) > 1);
    if (repeated !== undefined) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('headers', `${repeated} stands there more than once, which Google refuses`, `Set ${repeated} once.`);
    }
    return { own, tokenHeader: chooseTokenHeader(own, tokenHeader, forIap) };
}
function chooseTokenHeader(own, wanted, forIap) {
    if (wanted === '') {
        // Identity-Aware Proxy does not read X-Serverless-Authorization.
        const other = forIap !== undefined ? 'Proxy-Authorization' : 'X-Serverless-Authorization';
        const header = valuesOf(own, 'Authorization') === undefined ? 'Authorization' : other;
        if (valuesOf(own, header) === undefined)
            return header;
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('headers', `both Authorization and ${header} are set, so no header is left for the token`, 'Leave one out.');
    }
    const header = TOKEN_HEADERS.find((name) => name.toLowerCase() === wanted.toLowerCase());
    if (header === undefined) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('token_header', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(wanted)} carries no token`, `Use ${TOKEN_HEADERS.join(', ')}.`, [
            'token_header: X-Serverless-Authorization'
        ]);
    }
    if (header === 'X-Serverless-Authorization' && forIap === 'iap_jwt') {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('token_header', 'Identity-Aware Proxy does not read X-Serverless-Authorization, and token: iap_jwt is for it', 'Leave token_header empty, or use Proxy-Authorization.', ['token_header: Proxy-Authorization']);
    }
    if (valuesOf(own, header) === undefined)
        return header;
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('token_header', `${header} is set in headers too`, 'Use another header for one of the two.');
}
/** Whether an audience is an OAuth client id, which is what Identity-Aware Proxy expects in an ID token. */
function isOAuthClient(audience) {
    return audience.endsWith('.apps.googleusercontent.com');
}
function valuesOf(headers, name) {
    return Object.entries(headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
/** `Name: value`; only the first colon counts. */
function parseHeaderLine(input, line) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    // RFC 9110, 5.1: a token.
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
        // Of several words the last may be a secret, which cut out of its line would pass the runner's mask.
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)(input, `${/^\S+$/.test(line) ? (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_0__/* .quoteValue */ .cl)(line) : 'a line'} is not of the form "Name: value"`, 'Write one header per line, as Accept: application/json.', [`${input}: |`, '  Content-Type: application/json', '  X-Request-Id: smoke']);
    }
    return { name, value: line.slice(colon + 1).trim() };
}


/***/ }),

/***/ 7306:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   AH: () => (/* binding */ isCloudRunUrl),
/* harmony export */   MS: () => (/* binding */ isFunctionUrl),
/* harmony export */   Rd: () => (/* binding */ withTag),
/* harmony export */   cO: () => (/* binding */ tagOf),
/* harmony export */   dz: () => (/* binding */ isTag),
/* harmony export */   kp: () => (/* binding */ findReservation),
/* harmony export */   nb: () => (/* binding */ withoutTag),
/* harmony export */   vf: () => (/* binding */ placeOfFunction)
/* harmony export */ });
/** Separates a traffic tag from the host of its service: https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags */
const TAG_SEPARATOR = '---';
/** Whether Cloud Run's own domain serves this URL. */
function isCloudRunUrl(url) {
    return url.protocol === 'https:' && url.hostname.endsWith('.run.app');
}
/** Whether the domain of Cloud Functions serves this URL. */
function isFunctionUrl(url) {
    return url.hostname.endsWith('.cloudfunctions.net');
}
/** Region and project of a function, as `https://REGION-PROJECT.cloudfunctions.net/FUNCTION` tells them; placeholders otherwise. */
function placeOfFunction({ hostname }) {
    const [, region = 'REGION', project = 'PROJECT'] = /^([a-z]+-[a-z]+\d+)-([a-z][a-z0-9-]*)\.cloudfunctions\.net$/.exec(hostname) ?? [];
    return { region, project };
}
/** The traffic tag in the URL of a Cloud Run service, if there is one. */
function tagOf(url) {
    return isCloudRunUrl(url) ? splitTag(url.host).tag : undefined;
}
/** The URL of the revision that `tag` names, for the URL of its service (or of the same tag already). */
function withTag(url, tag) {
    const tagged = new URL(url);
    tagged.host = `${tag}${TAG_SEPARATOR}${splitTag(url.host).service}`;
    return tagged;
}
/** The URL of the service itself, whatever tag it has. */
function withoutTag(url) {
    const plain = new URL(url);
    if (isCloudRunUrl(url))
        plain.host = splitTag(url.host).service;
    return plain;
}
/** Whether a name can be a traffic tag: lower-case letters, digits and hyphens, but never what separates it from its host. */
function isTag(name) {
    return /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= 46 && !name.includes(TAG_SEPARATOR);
}
function splitTag(host) {
    const end = host.indexOf(TAG_SEPARATOR);
    if (end <= 0)
        return { service: host };
    return { tag: host.slice(0, end), service: host.slice(end + TAG_SEPARATOR.length) };
}
/**
 * Whether Google's front end keeps a path of `*.run.app` from the application: `/healthz` for certain, which was measured;
 * of the others Google says only that some are kept and all should be avoided.
 * https://cloud.google.com/run/docs/known-issues#reserved_url_paths
 */
function findReservation(url) {
    if (!isCloudRunUrl(url))
        return undefined;
    if (url.pathname === '/healthz')
        return 'certain';
    return /z$|^\/eventlog$|^\/_ah(\/|$)/.test(url.pathname) ? 'possible' : undefined;
}


/***/ }),

/***/ 8463:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Dl: () => (/* binding */ parseUrl),
/* harmony export */   E1: () => (/* binding */ parseList),
/* harmony export */   E9: () => (/* binding */ parseDuration),
/* harmony export */   J5: () => (/* binding */ parseAccount),
/* harmony export */   Li: () => (/* binding */ parseLines),
/* harmony export */   PS: () => (/* binding */ isMisspelled),
/* harmony export */   fK: () => (/* binding */ parseVariableName),
/* harmony export */   pP: () => (/* binding */ parseUniverse),
/* harmony export */   te: () => (/* binding */ parseProvider),
/* harmony export */   yG: () => (/* binding */ parseBoolean)
/* harmony export */ });
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(887);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(1926);
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4042);
/* harmony import */ var _world_request_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(3053);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(6530);





/** A day: longer than any job, and within what a timer can wait. */
const LONGEST_DURATION_MS = 24 * 60 * 60 * 1000;
/** The lines of a value, without blanks around them and without empty ones. */
function parseLines(value) {
    return splitBy('\n', value);
}
/**
 * The same of names that a complaint may quote; they may be separated by commas too, unless it is said otherwise. A document or
 * key in their place stays whole, because a part of it would look like a name.
 */
function parseList(value, separator = /[\n,]/) {
    const isDocument = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isObject */ .Gv)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .parseJson */ .qF)(value)) || /^\s*-----BEGIN[^-]*PRIVATE KEY-----/.test(value);
    return isDocument ? [value.trim()] : splitBy(separator, value);
}
function splitBy(separator, value) {
    return value
        .split(separator)
        .map((part) => part.trim())
        .filter((part) => part !== '');
}
/** `500ms`, `30s`, `2m` or plain seconds. @returns milliseconds */
function parseDuration(input, value, shortestMs) {
    const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m)?$/.exec(value) ?? [];
    const factor = { ms: 1, s: 1_000, m: 60_000 }[unit ?? 's'] ?? Number.NaN;
    const milliseconds = Math.round(Number(amount) * factor);
    if (milliseconds >= shortestMs && milliseconds <= LONGEST_DURATION_MS)
        return milliseconds;
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)(input, `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} is not a duration${shortestMs > 0 ? ' above zero' : ''} of at most a day`, `Write ${input} as 500ms, 30s, 2m or plain seconds.`, [`${input}: 30s`]);
}
/** The core schema's booleans: https://yaml.org/spec/1.2/spec.html#id2804923 */
function parseBoolean(input, value) {
    if (['true', 'True', 'TRUE'].includes(value))
        return true;
    if (['false', 'False', 'FALSE'].includes(value))
        return false;
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)(input, `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} is not a boolean`, 'Use true or false.', [`${input}: true`]);
}
/** The input `url`, a service that may be called: https, or http on this machine, where no other machine can listen. */
function parseUrl(value) {
    // The parser drops line breaks and tabs silently; a person who sent them made a mistake.
    const url = /\s/.test(value) || !URL.canParse(value) ? undefined : new URL(value);
    // A label of no letters is a variable that was empty: https://.run.app, https://canary---.run.app.
    if (url === undefined || /^$|^\.|\.\.|---\./.test(url.hostname)) {
        // It may hold a password.
        const shown = value.includes('@') ? 'the value' : (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value.replace(/\?.*$/s, ''));
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('url', `${shown} is not a URL`, 'Write url as https://HOST/PATH.', [
            'url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'
        ]);
    }
    // RFC 3986, 3.2.1: user information is there even where it is empty.
    if (/^[a-z]+:[\\/]*[^\\/?#]*@/i.test(value)) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('url', 'the value holds a user name or password', 'Leave user name and password out; the action sends a credential of its own.');
    }
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (0,_world_request_js__WEBPACK_IMPORTED_MODULE_4__/* .isLoopbackUrl */ .t)(url))) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('url', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(url.origin === 'null' ? url.protocol : url.origin)} is not https`, 'Use https://; a token must not travel in the clear.', [`url: https://${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host + url.pathname)}`]);
    }
    const region = impossibleRegionIn(url);
    if (region !== undefined) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('url', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(url.hostname)} has ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(region)} where a region stands`, 'Write url as gcloud prints the URL of the service, with a region such as europe-west1.', ['url: https://SERVICE-PROJECT_NUMBER.REGION.run.app/PATH'], [_failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__/* .LIST_SERVICES */ .y3]);
    }
    url.hash = '';
    return url;
}
/** A region that was misspelled or left as documentation writes it: https://cloud.google.com/run/docs/triggering/https-request#url */
function impossibleRegionIn(url) {
    return /^[^.]+\.(region|[a-z]+-[a-z]+(?:-\d+)?)\.run\.app$/.exec(url.hostname)?.[1];
}
/** Ids of pools and providers: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create */
const PROVIDER_NAME = /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[a-z0-9-]+\/providers\/[a-z0-9-]+$/;
const NAME_PROBLEMS = [
    [/\*\*\*/, 'has *** in it, which GitHub shows in the place of a secret'],
    [/\$\{\{/, 'has an expression in it that was not evaluated'],
    [/["'`]/, 'has quotes in it'],
    [/\s/, 'has blanks in it']
];
const PROVIDER_PROBLEMS = [
    ...NAME_PROBLEMS,
    [/^(https?:)?\/\//, 'starts with a host'],
    [/\b(?:PROJECT_)?NUMBER\b|\b(?:PROJECT|POOL|PROVIDER)(?:_ID)?\b/, 'has a placeholder in it'],
    [/^projects\/[^/]*[^/\d][^/]*\//, 'has the id of the project where its number belongs'],
    [/\/workloadIdentityPools\/[^/]+\/?$/, 'names a pool, not a provider in it'],
    [
        /^projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+\/providers\/[^/]+$/,
        'has a character in it that no id of a pool or provider has'
    ],
    [/^/, 'is not the full name of a provider']
];
/** The full name of a workload identity provider. */
function parseProvider(value) {
    if (PROVIDER_NAME.test(value))
        return value;
    const meant = withoutQuotes(value).replace(/^(https?:)?\/\/[^/]*\//, '');
    const isMeant = PROVIDER_NAME.test(meant);
    const form = 'projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER';
    throw wrongName('workload_identity_provider', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} ${findProblem(value, PROVIDER_PROBLEMS)}`, isMeant ? meant : form, isMeant ? [] : listProviders(meant));
}
function findProblem(value, problems) {
    return problems.find(([pattern]) => pattern.test(value))?.[1] ?? '';
}
function wrongName(input, complaint, expected, commands) {
    return (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)(input, complaint, `Write ${input} as ${expected}.`, [`${input}: ${expected}`], commands);
}
/** The commands that print the full names of providers, by what an incomplete one tells. */
function listProviders(name) {
    const [pool] = /projects\/[\w.:-]+\/locations\/global\/workloadIdentityPools\/[\w-]+/.exec(name) ?? [];
    if (pool === undefined)
        return _failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__/* .LIST_PROVIDERS */ .iY;
    return [`gcloud iam workload-identity-pools providers list --workload-identity-pool=${pool} --format="value(name)"`];
}
const EMAIL = /^\w[\w.-]*@[\w-]+(\.[\w-]+)+$/;
/** gserviceaccounts.com, .iam.gserviceacount.com: no such domain exists, and IAM would only say "denied". */
const MISSPELLED = /^[\w.-]+@(?!.*\.gserviceaccount\.com$)(?=.*(?:gserviceac|\.iam\.))[\w-]+(\.[\w-]+)+$/i;
/** Whether an e-mail looks like that of a service account, in a domain that does not exist. */
function isMisspelled(email) {
    return MISSPELLED.test(email);
}
/** A name as documentation writes it, for the reader to fill in. */
const PLACEHOLDER = /^(NAME|SERVICE_ACCOUNT|SA_NAME|ACCOUNT)@|@(PROJECT|PROJECT_ID|YOUR_PROJECT)\./;
/** People alone have such addresses. */
const PERSONAL = /@(?:gmail|googlemail)\.com$/i;
const ACCOUNT_PROBLEMS = [
    ...NAME_PROBLEMS,
    [/^serviceAccount:/, 'has the prefix of a member'],
    [PLACEHOLDER, 'is a placeholder'],
    [PERSONAL, 'is the e-mail of a person, and only service accounts can be impersonated'],
    [MISSPELLED, 'does not end in .gserviceaccount.com'],
    [/^\d+$/, 'is no unique id, which has 21 digits; a project number is shorter'],
    [/^/, 'is neither an e-mail nor a unique id']
];
/** A service account, by e-mail or unique id. https://cloud.google.com/iam/docs/service-accounts-create */
function parseAccount(input, value) {
    const account = value.replace(/^projects\/-\/serviceAccounts\//, '');
    if (isAccount(account))
        return account;
    const meant = withoutQuotes(value).replace(/^serviceAccount:/, '');
    const isMeant = isAccount(meant);
    throw wrongName(input, `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} ${findProblem(value, ACCOUNT_PROBLEMS)}`, isMeant ? meant : 'NAME@PROJECT.iam.gserviceaccount.com', isMeant ? [] : ['gcloud iam service-accounts list --project=PROJECT --format="value(email)"']);
}
/** The value without the quotes and blanks around it; a pattern for both ends takes quadratic time. */
function withoutQuotes(value) {
    const characters = Array.from(value);
    const isMeant = (character) => !/["'`\s]/.test(character);
    return characters.slice(characters.findIndex(isMeant), characters.findLastIndex(isMeant) + 1).join('');
}
function isAccount(value) {
    if (/^\d{16,30}$/.test(value))
        return true;
    return EMAIL.test(value) && ![PLACEHOLDER, PERSONAL, MISSPELLED].some((pattern) => pattern.test(value));
}
/** https://cloud.google.com/docs/overview: the domain under which a Trusted Partner Cloud has its APIs. */
function parseUniverse(value) {
    // A last label with a digit in front would make an IPv4 address of it (https://url.spec.whatwg.org/#ends-in-a-number-checker).
    if (/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/.test(value) && value.length <= 200)
        return value;
    throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('universe', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} is not a domain`, 'Write universe as googleapis.com, without https://.', ['universe: googleapis.com']);
}
/** Variables that the runner, shells, loaders, language runtimes, proxies and Google's tools act upon. */
const RESERVED_VARIABLES = new RegExp(`^(${[
    '(GITHUB|RUNNER|ACTIONS|INPUT|STATE|LD|DYLD|NPM_CONFIG|CLOUDSDK|GIT_CONFIG)_.*',
    'PATH|PATHEXT|HOME|CI|SHELL|USER|USERPROFILE|APPDATA|TMP|TEMP|TMPDIR|PWD|IFS|ENV|COMSPEC',
    'BASH_ENV|BASHOPTS|SHELLOPTS|PS4|PROMPT_COMMAND|PAGER|EDITOR',
    'NODE_(OPTIONS|PATH|EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)|PYTHON(PATH|HOME|STARTUP)',
    'RUBY(OPT|LIB)|PERL5(OPT|LIB)|CLASSPATH|JAVA_(HOME|TOOL_OPTIONS)|_JAVA_OPTIONS|JDK_JAVA_OPTIONS',
    'GIT_(SSH|SSH_COMMAND|ASKPASS|EDITOR|PAGER|EXEC_PATH)|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO|FTP)_PROXY',
    'GOOGLE_(APPLICATION_CREDENTIALS|CREDENTIALS|CLOUD_PROJECT|OAUTH_ACCESS_TOKEN|GHA_CREDS_PATH)|GCE_METADATA_(HOST|IP)'
].join('|')})$`, 'i');
/** A variable that later steps may see, and that changes nothing but what they see. */
function parseVariableName(value) {
    if (value === undefined)
        return undefined;
    if (!/^[A-Za-z_]\w*$/.test(value)) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('export_env', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} is not a name for a variable`, 'Use letters, digits and underscores.', ['export_env: ID_TOKEN']);
    }
    // The runner ignores or refuses some of these; with the others a token would break or steer the steps that follow.
    if (RESERVED_VARIABLES.test(value)) {
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('export_env', `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .cl)(value)} has a meaning of its own`, 'Choose another name, such as ID_TOKEN.', ['export_env: ID_TOKEN']);
    }
    return value;
}


/***/ }),

/***/ 7909:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  d: () => (/* binding */ runInBackground)
});

// EXTERNAL MODULE: external "node:perf_hooks"
var external_node_perf_hooks_ = __nccwpck_require__(643);
// EXTERNAL MODULE: external "node:process"
var external_node_process_ = __nccwpck_require__(1708);
var external_node_process_default = /*#__PURE__*/__nccwpck_require__.n(external_node_process_);
// EXTERNAL MODULE: ./src/identity/identity.ts + 22 modules
var identity = __nccwpck_require__(1054);
// EXTERNAL MODULE: ./src/identity/failures/github.ts
var github = __nccwpck_require__(8305);
// EXTERNAL MODULE: ./src/guard/secret.ts
var secret = __nccwpck_require__(9185);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/token/mint.ts + 3 modules
var token_mint = __nccwpck_require__(7484);
// EXTERNAL MODULE: ./src/world/world.ts
var world_world = __nccwpck_require__(7360);
// EXTERNAL MODULE: ./src/inputs/service-url.ts
var service_url = __nccwpck_require__(7306);
;// CONCATENATED MODULE: ./src/proxy/addresses.ts

/** @param url with the tag, if there is one; query and fragment do not count */
function addressOf(url) {
    const hosts = [url, (0,service_url/* withoutTag */.nb)(url)];
    return {
        origin: url.origin,
        host: url.host,
        base: url.pathname.replace(/\/+$/, ''),
        authorities: hosts.flatMap(({ host, hostname, port }) => (port === '' ? [host, `${hostname}:443`] : [host]))
    };
}
/** The path at the service for one at the proxy, byte for byte: `/x` is `/base/x`. */
function toServicePath({ base }, path) {
    return path.startsWith('/') ? base + path : path;
}
/**
 * The address at the proxy for one at the service: `https://HOST/base/x`, `http://HOST/base/x`, `//HOST/base/x` and `/base/x` all
 * are `/x` there. Any other address, and a path that is not under the base, is returned as it is.
 *
 * @param local host and port in the name that the client used
 */
function toLocalAddress(service, address, local) {
    const [, scheme, authority, rest = ''] = /^(https?:)?\/\/([^/?#\\]*)(.*)$/is.exec(address) ?? [];
    if (authority === undefined) {
        const path = withoutBase(service, address);
        // Without its base, "/base//evil.example" would name another host.
        return path.startsWith('//') && path !== address ? `http://${local}${path}` : path;
    }
    const defaultPort = scheme?.toLowerCase() === 'http:' ? ':80' : ':443';
    const name = authority.toLowerCase();
    const isService = service.authorities.includes(name) ||
        (name.endsWith(defaultPort) && service.authorities.includes(name.slice(0, -defaultPort.length)));
    if (!isService || !isUnderBase(service, rest))
        return address;
    return `http://${local}${withoutBase(service, rest)}`;
}
/** The address at the service for one at the proxy, as in `Referer`; any other address is returned as it is. */
function toServiceAddress(service, address, isOwnAuthority) {
    const [, authority, rest = ''] = /^http:\/\/([^/?#\\]*)(.*)$/is.exec(address) ?? [];
    if (authority === undefined || !isOwnAuthority(authority.toLowerCase()))
        return address;
    return service.origin + toServicePath(service, rest);
}
/** The path of a cookie, or of an address, without the base of the service. */
function withoutBase(service, path) {
    if (service.base === '' || !isUnderBase(service, path))
        return path;
    const rest = path.slice(service.base.length);
    return rest.startsWith('/') ? rest : `/${rest}`;
}
function isUnderBase({ base }, path) {
    return base === '' || (path.startsWith(base) && /^([/?#]|$)/.test(path.slice(base.length)));
}

;// CONCATENATED MODULE: ./src/proxy/defect.ts

/** A defect for the log: its kind, and where it came about. The message stays out, because it may hold anything. */
function describeDefect(error) {
    if (!(error instanceof Error))
        return typeof error;
    const [place = ''] = /^ {4}at .*$/m.exec(error.stack ?? '') ?? [];
    return `${error.name} ${(0,safe_text/* safeText */.Hk)(place)}`.trimEnd();
}

;// CONCATENATED MODULE: ./src/proxy/lifetime.ts


/** Longer than any job that still uses it; the last net for a process that is not ended otherwise. */
const LONGEST_IDLE_MS = 6 * 60 * 60_000;
const IDLE_CHECK_MS = 60_000;
/** Ends with the step, by a signal, or by a defect, and says so in the log. */
function beginLifetime(log) {
    const closing = [];
    let ended = false;
    function end() {
        if (ended)
            return;
        ended = true;
        leaveTheStep();
        for (const close of closing)
            close();
    }
    function onEnd(close) {
        if (ended)
            close();
        else
            closing.push(close);
    }
    function leaveTheStep() {
        external_node_process_default().off('disconnect', end);
        if ((external_node_process_default()).connected)
            external_node_process_default().disconnect();
    }
    external_node_process_default().on('uncaughtException', (error) => {
        log(`Ended by a defect: ${describeDefect(error)}`);
        (external_node_process_default()).exitCode = 1;
        end();
    });
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
        external_node_process_default().once(signal, () => {
            log(`Ended by ${signal}`);
            end();
        });
    }
    external_node_process_default().once('disconnect', end);
    return {
        isOver: () => ended,
        end,
        onEnd,
        leaveTheStep,
        endWhenUnused(idleMs) {
            const timer = setInterval(() => {
                if (idleMs() < LONGEST_IDLE_MS)
                    return;
                log('Ended because there was no request for six hours');
                end();
            }, IDLE_CHECK_MS);
            onEnd(() => {
                clearInterval(timer);
            });
        }
    };
}

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __nccwpck_require__(1455);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(7030);
;// CONCATENATED MODULE: ./src/proxy/peer.ts


/** Where the kernel lists the TCP sockets of this network namespace: proc_pid_net(5). */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/**
 * On Linux, the user who owns the client's socket has to be one's own or root. Elsewhere, and where the kernel does not list
 * sockets, nothing can be told and every client is admitted.
 *
 * @param ownId the user of this process; undefined on systems without user ids
 */
function createPeerCheck(ownId) {
    /** A read that has not begun serves everyone who waits for it: one that is under way may have missed the newest socket. */
    let waiting;
    let reading = Promise.resolve();
    async function readTables() {
        const texts = await Promise.all(TABLES.map((file) => (0,promises_.readFile)(file, 'utf8').catch(() => undefined)));
        return texts[0] === undefined ? undefined : texts.join('\n');
    }
    return async (ends) => {
        if (ownId === undefined || process.platform !== 'linux')
            return true;
        waiting ??= reading.then(() => {
            waiting = undefined;
            const text = readTables();
            reading = text;
            return text;
        });
        const text = await waiting;
        if (text === undefined)
            return true;
        const owner = findOwner(text, ends);
        return owner === undefined ? undefined : owner === ownId || owner === 0;
    };
}
/**
 * The user id of the socket with these ends.
 *
 * @returns undefined where it is not listed or belongs to no process any more: the kernel then says 0, which is not root
 */
function findOwner(table, ends) {
    const local = `${toHex(ends.localAddress)}:${portToHex(ends.localPort)}`;
    const remote = `${toHex(ends.remoteAddress)}:${portToHex(ends.remotePort)}`;
    const mapped = [`${MAPPED}${local}`, `${MAPPED}${remote}`];
    for (const line of table.split('\n')) {
        const [, from, to, , , , , uid, , inode] = line.trim().split(/\s+/);
        const isSame = (from === local && to === remote) || (from === mapped[0] && to === mapped[1]);
        if (isSame && inode !== undefined && inode !== '0')
            return Number(uid);
    }
    return undefined;
}
/** `::ffff:0:0/96`, by which programs with IPv6 sockets reach IPv4 addresses. */
const MAPPED = `0000000000000000${wordsToHex(Buffer.from([0, 0, 0xff, 0xff]))}`;
function toHex(address) {
    const ipv4 = address.replace(/^::ffff:(?=\d+\.)/i, '');
    if ((0,external_node_net_.isIPv4)(ipv4))
        return wordsToHex(Buffer.from(ipv4.split('.').map(Number)));
    // Of IPv6, loopback alone is listened on.
    return address === '::1' ? wordsToHex(Buffer.from([...Array(15).fill(0), 1])) : address;
}
/** The kernel prints each 32 bits as a number of this machine, whatever their order in memory. */
function wordsToHex(bytes) {
    const words = new Uint32Array(Uint8Array.from(bytes).buffer);
    return [...words].map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('');
}
function portToHex(port) {
    return port.toString(16).toUpperCase().padStart(4, '0');
}

// EXTERNAL MODULE: ./src/proxy/quit-port.ts
var quit_port = __nccwpck_require__(45);
// EXTERNAL MODULE: ./src/call/failures/no-answer.ts
var no_answer = __nccwpck_require__(2038);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure_failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/world/request.ts
var request = __nccwpck_require__(3053);
;// CONCATENATED MODULE: ./src/proxy/raw-headers.ts
/** Every value of a header, by its name in lower case. */
function headerValues(headers, name) {
    const values = [];
    for (let index = 0; index + 1 < headers.length; index += 2) {
        const [given = '', value = ''] = [headers[index], headers[index + 1]];
        // Most names differ in length already, and each request's headers are searched several times.
        if (given.length === name.length && given.toLowerCase() === name)
            values.push(value);
    }
    return values;
}
/** Hands over every header in turn, its name also in lower case, and collects what comes back: one header, or none. */
function mapHeaders(headers, map) {
    const mapped = [];
    for (let index = 0; index + 1 < headers.length; index += 2) {
        const name = headers[index] ?? '';
        const value = map(name.toLowerCase(), headers[index + 1] ?? '');
        if (value !== undefined)
            mapped.push(name, value);
    }
    return mapped;
}
/**
 * The headers that are for the next hop alone, and never passed on: those that RFC 9110, 7.6.1, names, and those that `Connection`
 * names. How a message is framed is decided anew for each hop.
 *
 * @returns tells it of a name in lower case
 */
function isHopByHop(headers) {
    const named = headerValues(headers, 'connection').join().toLowerCase();
    const isUsual = named === '' || HOP_BY_HOP.has(named);
    // Both the names and the headers that are asked about can be ten thousands.
    const names = new Set(isUsual ? [] : named.split(',').map((name) => name.trim()));
    return (name) => HOP_BY_HOP.has(name) || names.has(name);
}
const HOP_BY_HOP = new Set([
    'connection',
    'proxy-connection',
    'keep-alive',
    'te',
    // Trailers pass without being announced. Node throws where they are announced and no chunks follow, as in an answer to HEAD.
    'trailer',
    'transfer-encoding',
    'upgrade',
    // RFC 7540, 3.2.1: only together with the upgrade that it belongs to.
    'http2-settings'
]);
/** Names with their values. */
function toPairs(headers) {
    return headers.flatMap((name, index) => index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : []);
}
/** By name in lower case, as Node takes the fields of HTTP/2; a name that is there more than once has all its values. */
function toFields(headers) {
    const fields = Object.create(null);
    for (const [name, value] of toPairs(headers)) {
        const known = fields[name.toLowerCase()];
        fields[name.toLowerCase()] = known === undefined ? value : [...[known].flat(), value];
    }
    return fields;
}

;// CONCATENATED MODULE: ./src/proxy/admission.ts



/**
 * Who may use the proxy: programs on this machine that call it by one of its own names, and pages that come from this machine.
 * A browser tells where a page is from by `Origin` and Fetch Metadata (https://www.w3.org/TR/fetch-metadata/); the check of the
 * name keeps out pages whose DNS name was rebound to loopback.
 *
 * @param port of the proxy
 */
function admit({ method, target, headers, ambiguity }, port) {
    if (ambiguity !== undefined)
        return refuse(400, ambiguity);
    if (method === 'CONNECT' || method === 'TRACE') {
        return refuse(405, `${method} is not passed on: it would reach past the service, or show the token.`);
    }
    const hosts = headerValues(headers, 'host');
    const [host = ''] = hosts;
    if (hosts.length !== 1)
        return refuse(400, 'The request has no Host header, or more than one.');
    const local = host.toLowerCase();
    if (!isOwnAuthority(local, port))
        return refuse(421, describeForeignHost(host, port));
    const [, authority, absolutePath] = /^http:\/\/([^/?#]*)(.*)$/is.exec(target) ?? [];
    if (authority !== undefined && authority.toLowerCase() !== local) {
        return refuse(421, describeForeignHost(authority, port));
    }
    const path = absolutePath === undefined ? target : absolutePath.startsWith('/') ? absolutePath : `/${absolutePath}`;
    if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS')) {
        return refuse(400, 'The request target has to be a path.');
    }
    const foreign = headerValues(headers, 'origin').find((origin) => !isLoopbackOrigin(origin));
    if (foreign !== undefined) {
        return refuse(403, `A page of ${foreign === 'null' ? 'an origin that the browser hides' : (0,safe_text/* safeText */.Hk)(foreign, 120)} is not allowed to use this proxy: only pages of this machine are (Origin).`);
    }
    if (headerValues(headers, 'sec-fetch-site').includes('cross-site') && !isTopLevelNavigation(headers)) {
        return refuse(403, 'A page of another site is not allowed to use this proxy (Sec-Fetch-Site: cross-site).');
    }
    return { admitted: true, local, path };
}
const OWN_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** Whether this is one of the three names of the proxy. Browsers and others leave out the port where it is the scheme's own. */
function isOwnAuthority(name, port) {
    const end = `:${port}`;
    return OWN_NAMES.has(name.endsWith(end) ? name.slice(0, -end.length) : port === 80 ? name : '');
}
function describeForeignHost(host, port) {
    return `This proxy answers to 127.0.0.1:${port}, localhost:${port} and [::1]:${port} only; the request is for ${(0,safe_text/* safeText */.Hk)(host, 120) || 'no host'}.`;
}
/** RFC 6454, 6.2, without a path; `null` and lists of origins are none. */
function isLoopbackOrigin(origin) {
    return /^https?:\/\/[^/?#\s]+$/i.test(origin) && URL.canParse(origin) && (0,request/* isLoopbackUrl */.t)(new URL(origin));
}
/** A person follows a link or a bookmark. A frame is a navigation too, but `Sec-Fetch-Dest` names it. */
function isTopLevelNavigation(headers) {
    const is = (name, value) => headerValues(headers, name).join() === value;
    return is('sec-fetch-mode', 'navigate') && is('sec-fetch-dest', 'document');
}
function refuse(status, reason) {
    return { admitted: false, status, reason };
}

;// CONCATENATED MODULE: ./src/proxy/answer-headers.ts


/** Says to the client which failure of the catalogue an answer is that did not come from the application. */
const FAILURE_HEADER = 'x-google-id-token-failure';
/**
 * They speak of the service's own host and of https: `Strict-Transport-Security` would lock the browser out of every port of
 * loopback, and `Alt-Svc` would lead it past the proxy.
 */
const DROPPED = ['strict-transport-security', 'alt-svc', FAILURE_HEADER];
/**
 * The headers of an answer as the client gets them: addresses of the service are the proxy's, and cookies are ones that a browser
 * keeps for plain http on loopback.
 *
 * @param local host and port in the name that the client used
 */
function toClientHeaders(headers, service, local) {
    const isOfThisHop = isHopByHop(headers);
    return mapHeaders(headers, (name, value) => {
        if (isOfThisHop(name) || DROPPED.includes(name))
            return undefined;
        switch (name) {
            case 'location':
            case 'content-location':
                return toLocalAddress(service, value, local);
            case 'refresh':
                return rewriteRefresh(value, service, local);
            case 'set-cookie':
                return rewriteCookie(value, service);
            case 'access-control-allow-origin':
                return value.toLowerCase() === service.origin ? `http://${local}` : value;
            default:
                return value;
        }
    });
}
/** `5; url=https://…`, the address in quotes or not: https://html.spec.whatwg.org/multipage/document-lifecycle.html#shared-declarative-refresh-steps */
function rewriteRefresh(value, service, local) {
    const [, before = '', quote = '', rest = ''] = /^(\s*[\d.]+\s*[;,\s]\s*(?:url\s*=\s*)?)(["']?)(.*)$/is.exec(value) ?? [];
    if (before === '')
        return value;
    const end = quote === '' ? -1 : rest.indexOf(quote);
    const address = end < 0 ? rest : rest.slice(0, end);
    return before + quote + toLocalAddress(service, address, local) + rest.slice(address.length);
}
/**
 * A cookie without what keeps it from a client of plain http on loopback. WebKit ignores `Secure` cookies there; Chromium and Firefox
 * keep them, and demand `Secure` where the name begins with `__Host-` or `__Secure-`. `SameSite=None` and `Partitioned` are
 * valid together with `Secure` alone: https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis
 */
function rewriteCookie(cookie, service) {
    const [pair = '', ...attributes] = cookie.split(';');
    const isPrefixed = /^\s*__(host|secure)-/i.test(pair);
    const wasSecure = attributes.some((attribute) => /^\s*secure\s*(?:=|$)/i.test(attribute));
    const kept = attributes.flatMap((attribute) => {
        const [name = '', ...rest] = attribute.split('=');
        const value = rest.join('=').trim();
        switch (name.trim().toLowerCase()) {
            case 'domain':
                return coversHost(value, service) ? [] : [attribute];
            case 'path':
                return [` Path=${withoutBase(service, value)}`];
            case 'secure':
            case 'partitioned':
                return wasSecure && !isPrefixed ? [] : [attribute];
            case 'samesite':
                return wasSecure && !isPrefixed && value.toLowerCase() === 'none' ? [] : [attribute];
            default:
                return [attribute];
        }
    });
    return [pair, ...kept].join(';');
}
/** RFC 6265, 5.1.3, with the dot that older servers put before a domain. */
function coversHost(domain, { host }) {
    const name = domain.replace(/^\./, '').toLowerCase();
    const hostname = host.replace(/:\d+$/, '');
    return hostname === name || hostname.endsWith(`.${name}`);
}

;// CONCATENATED MODULE: ./src/proxy/exchange.ts
/** There is no answer. */
class ServiceBreak extends Error {
    name = 'ServiceBreak';
    outcome;
    /** A kept connection was closed before any byte of an answer: the service may have ended it while the request was on its way. */
    onKeptConnection;
    constructor(outcome, onKeptConnection) {
        super(outcome.reason);
        this.outcome = outcome;
        this.onKeptConnection = onKeptConnection;
    }
}

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __nccwpck_require__(7067);
var external_node_http_default = /*#__PURE__*/__nccwpck_require__.n(external_node_http_);
;// CONCATENATED MODULE: ./src/proxy/own-answer.ts


function ownAnswer(status, code, text) {
    const body = Buffer.from(`${text}\n`);
    return {
        status,
        reason: external_node_http_.STATUS_CODES[status] ?? '',
        headers: [
            ...['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', String(body.length)],
            ...[FAILURE_HEADER, code]
        ],
        body
    };
}
/** To a request that is not passed on. @param reason in whole sentences */
function rejection(status, reason) {
    return ownAnswer(status, 'INPUT_INVALID', `The proxy of google-id-token did not pass this request on. ${reason}`);
}

// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __nccwpck_require__(7975);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __nccwpck_require__(8522);
// EXTERNAL MODULE: ./src/call/failures/service.ts + 3 modules
var service = __nccwpck_require__(6458);
// EXTERNAL MODULE: ./src/call/responder.ts
var call_responder = __nccwpck_require__(2070);
;// CONCATENATED MODULE: ./src/proxy/refusal.ts





/** Refusals of Google's are pages of some hundred bytes. */
const LONGEST_REFUSAL_BYTES = 16 * 1024;
/** For how long an answer is held back because it may be a refusal. An application may take its time over an error's body. */
const LONGEST_WAIT_MS = 1_000;
const NOTHING = { bytes: Buffer.alloc(0), ended: false };
/** Whether the body has to be seen before anything can be said of who answered. */
function mayBeRefusal(status) {
    return status >= 400;
}
/** Reads as much of a body as a refusal can have, and leaves the rest. A body that breaks off has no end. */
async function readBeginning(body) {
    return await new Promise((resolve) => {
        const chunks = [];
        let length = 0;
        const timer = setTimeout(settle, LONGEST_WAIT_MS);
        function settle() {
            clearTimeout(timer);
            body.off('data', onData).off('end', settle).off('close', settle);
            body.pause();
            resolve({ bytes: Buffer.concat(chunks), ended: body.readableEnded });
        }
        function onData(chunk) {
            chunks.push(chunk);
            length += chunk.length;
            if (length >= LONGEST_REFUSAL_BYTES)
                settle();
        }
        body.on('data', onData).once('end', settle).once('close', settle);
    });
}
/** Who gave an answer, as far as the answer itself tells: one without a body, as to HEAD, may be the application's. */
async function findResponder(answer, beginning) {
    const headers = joinHeaders(answer);
    const text = await decode(beginning.bytes, headers['content-encoding']);
    const judged = {
        answered: true,
        status: answer.status,
        headers,
        body: Buffer.from(text),
        truncated: !beginning.ended,
        milliseconds: 0
    };
    return { responder: (0,call_responder/* whoAnswered */.Wi)(judged, text), text, headers };
}
/** The failure in the words of the action. */
function describeRefusal(failed, status, { responder, text, headers }) {
    const clientId = (0,call_responder/* iapClientId */.DE)({ headers });
    const answered = { answered: true, status, headers, milliseconds: 0 };
    const attempt = { ...answered, text, responder, clientId, verdicts: [], accepted: false };
    return (0,service/* callFailed */.Q)({ ...failed, attempt, attempts: 1, clientId, exists: undefined });
}
function joinHeaders({ headers }) {
    const joined = Object.create(null);
    for (const [name, value] of toPairs(headers)) {
        const before = joined[name.toLowerCase()];
        joined[name.toLowerCase()] = before === undefined ? value : `${before}, ${value}`;
    }
    return joined;
}
/** Browsers ask for compressed answers, and Google compresses its refusals too. What cannot be decoded tells nothing. */
async function decode(bytes, coding = '') {
    const decoders = {
        gzip: (0,external_node_util_.promisify)(external_node_zlib_.gunzip),
        deflate: (0,external_node_util_.promisify)(external_node_zlib_.inflate),
        br: (0,external_node_util_.promisify)(external_node_zlib_.brotliDecompress)
    };
    const name = coding.trim().toLowerCase();
    if (name === '' || !Object.hasOwn(decoders, name))
        return bytes.toString('utf8');
    const flush = name === 'br' ? external_node_zlib_.constants.BROTLI_OPERATION_FLUSH : external_node_zlib_.constants.Z_SYNC_FLUSH;
    const options = { finishFlush: flush, maxOutputLength: 8 * LONGEST_REFUSAL_BYTES };
    const decoded = await decoders[name](bytes, options).catch(() => Buffer.alloc(0));
    return decoded.toString('utf8');
}

// EXTERNAL MODULE: ./src/inputs/request-headers.ts
var request_headers = __nccwpck_require__(6655);
;// CONCATENATED MODULE: ./src/proxy/request-headers.ts




/**
 * The header of our token for one request: a client that needs `Authorization` for itself keeps it.
 *
 * @returns undefined where the client brings the very header that the author named
 */
function placeToken({ header, explicit }, headers) {
    const isTaken = headerValues(headers, header.toLowerCase()).length > 0;
    if (explicit)
        return isTaken ? undefined : header;
    return header === 'Authorization' && isTaken ? 'X-Serverless-Authorization' : header;
}
/**
 * The headers of a request as the service gets them, but for those that frame it and for our token: everything that is for this
 * hop alone and every other token in the place of ours is left out, and the proxy's own addresses are the service's.
 *
 * @param port of the proxy
 */
function toServiceHeaders(headers, service, tokenHeader, port) {
    const isOfThisHop = isHopByHop(headers);
    const dropped = ['host', 'content-length', tokenHeader.toLowerCase()];
    const isOwn = (name) => isOwnAuthority(name, port);
    const passed = mapHeaders(headers, (name, value) => {
        if (isOfThisHop(name) || dropped.includes(name))
            return undefined;
        // An origin has no path, so that the service's has none either.
        if (name === 'origin')
            return isOwn(value.toLowerCase().replace(/^http:\/\//, '')) ? service.origin : value;
        return name === 'referer' ? toServiceAddress(service, value, isOwn) : value;
    });
    return ['Host', service.host, ...passed];
}
/**
 * The trailers of a request. Some servers take them for headers: those that say where a request goes, how it is framed, or who makes
 * it are left out (RFC 9110, 6.5.1).
 */
function toServiceTrailers(trailers) {
    const isOfThisHop = isHopByHop(trailers);
    return mapHeaders(trailers, (name, value) => (isOfThisHop(name) || NO_TRAILERS.includes(name) ? undefined : value));
}
const NO_TRAILERS = ['host', 'content-length', 'origin', 'referer', ...request_headers/* TOKEN_HEADERS */.VX.map((name) => name.toLowerCase())];

;// CONCATENATED MODULE: ./src/proxy/serve.ts










/** Serves one exchange. The client learns of whatever becomes of it, and this never rejects. */
async function serve(serving, client, side) {
    const entry = serving.statistics.begin(client.method, client.target);
    const course = { isGone: false, sending: undefined };
    client.onGone(() => {
        course.isGone = true;
        course.sending?.abort();
        entry.end();
    });
    client.body?.on('error', ignore).on('data', (chunk) => {
        entry.sent(chunk.length);
    });
    client.body?.pause();
    try {
        const exchange = admitExchange(serving, client, entry);
        if (exchange !== undefined)
            await passOn(serving, exchange, side, course);
    }
    catch (error) {
        serving.statistics.defect(error);
        client.abort();
    }
}
function admitExchange({ service, port, tokenPlace }, client, entry) {
    const admission = admit(client, port);
    if (!admission.admitted) {
        reject(client, entry, admission.status, admission.reason);
        return undefined;
    }
    const tokenHeader = placeToken(tokenPlace, client.headers);
    if (tokenHeader === undefined) {
        const reason = `The request brings ${tokenPlace.header}, the very header that token_header names for the proxy's own token: leave token_header empty, or the header out.`;
        reject(client, entry, 400, reason);
        return undefined;
    }
    const { local } = admission;
    return { client, entry, local, path: toServicePath(service, admission.path), tokenHeader };
}
async function passOn(serving, exchange, side, course) {
    const { keeper, service } = serving;
    const { client, entry, local } = exchange;
    // A body is there once; a request without one may be sent again.
    const isRepeatable = client.body === undefined;
    let resent = false;
    let renewed = false;
    try {
        let token = await keeper.current();
        while (!course.isGone) {
            const sending = (course.sending = side.send(buildRequest(serving, exchange, token)));
            const answer = await sending.answer.catch((error) => {
                if (!(error instanceof ServiceBreak && error.onKeptConnection && isRepeatable) || resent)
                    throw error;
                resent = true;
                return undefined;
            });
            if (answer === undefined)
                continue;
            if (answer.switched !== undefined) {
                entry.answered(answer.status);
                switchOver(client, answer, toClientHeaders(answer.headers, service, local), entry);
                return;
            }
            const beginning = mayBeRefusal(answer.status) && !answer.isWhole ? await readBeginning(answer.body) : NOTHING;
            const refusal = answer.status < 300 ? undefined : await findRefusal(serving, exchange, token, answer, beginning);
            if (refusal?.text.code !== 'TOKEN_REJECTED')
                keeper.accepted(token);
            else if (!renewed) {
                renewed = true;
                const next = keeper.replace(token);
                const other = isRepeatable ? await next : undefined;
                if (other !== undefined) {
                    answer.body.on('error', ignore).resume();
                    token = other;
                    continue;
                }
            }
            entry.answered(answer.status);
            // A page of Google's that says 5xx refuses nothing: the service is not available.
            if (refusal !== undefined)
                (answer.status < 500 ? entry.refused : entry.failed)(refusal.text);
            const mark = refusal === undefined ? [] : [FAILURE_HEADER, refusal.text.code];
            const rewrite = (given) => toClientHeaders(given, service, local);
            const toClient = {
                ...answer,
                headers: [...rewrite(answer.headers), ...mark],
                trailers: () => rewrite(answer.trailers())
            };
            deliver(client, toClient, beginning, entry);
            return;
        }
    }
    catch (error) {
        if (course.isGone)
            return;
        const failure = error instanceof ServiceBreak ? explainBreak(serving, exchange, error) : error;
        if (!(failure instanceof failure_failure/* Failure */.HR))
            throw error;
        const status = error instanceof ServiceBreak && error.outcome.timedOut ? 504 : 502;
        const { text } = failure;
        entry.answered(status);
        entry.failed(text);
        answerItself(client, ownAnswer(status, text.code, `${text.code}: ${text.sentence} ${text.remedy}`));
    }
}
function buildRequest({ service, port }, { client, local, path, tokenHeader }, token) {
    const { method, headers, body, upgrade, proceed } = client;
    const passed = toServiceHeaders(headers, service, tokenHeader, port);
    return {
        method,
        path,
        headers: [...passed, tokenHeader, token.jwt.asBearer().reveal()],
        body,
        trailers: () => toServiceTrailers(client.trailers()),
        length: headerValues(headers, 'content-length')[0],
        upgrade,
        onContinue: proceed,
        onInterim(answer) {
            client.inform({ ...answer, headers: toClientHeaders(answer.headers, service, local) });
        }
    };
}
async function findRefusal({ service, tag }, { client, path, tokenHeader }, token, answer, beginning) {
    const found = await findResponder(answer, beginning);
    if (found.responder === 'application')
        return undefined;
    const call = {
        url: urlOf(service, path),
        tag,
        method: client.method,
        iamWaitMs: 0,
        headers: { own: {}, tokenHeader }
    };
    return describeRefusal({ call, token }, answer.status, found);
}
function explainBreak({ service }, { client, path }, { outcome }) {
    return (0,no_answer/* noUsableAnswer */.au)(urlOf(service, path), outcome, 1, 'through the proxy', client.method);
}
/** For failures alone: a path that came byte for byte may be none that a URL can have. */
function urlOf({ origin }, path) {
    return new URL(URL.canParse(origin + path) ? origin + path : origin);
}
/** Hands an answer on, piece by piece, no faster than the client takes it. */
function deliver(client, answer, beginning, entry) {
    const { body, isWhole } = answer;
    const out = client.respond(answer, isWhole);
    out.on('error', ignore);
    body.on('error', ignore);
    entry.received(beginning.bytes.length);
    if (isWhole) {
        body.resume();
        return;
    }
    if (beginning.bytes.length > 0)
        out.write(beginning.bytes);
    // A body of which nothing is left ends by itself, even before anything waits for that.
    if (beginning.ended || body.readableEnded) {
        client.end(answer.trailers());
        return;
    }
    // A small body comes together with its head, and goes on with it: what is below costs more than all of such an exchange's headers.
    if (answer.hasArrived()) {
        const rest = body.read();
        if (rest !== null) {
            entry.received(rest.length);
            out.write(rest);
        }
        body.resume();
        client.end(answer.trailers());
        return;
    }
    if (body.destroyed) {
        client.abort(answer.resetCode());
        return;
    }
    let begun = beginning.bytes.length > 0;
    body.on('data', (chunk) => {
        begun = true;
        entry.received(chunk.length);
    });
    body.once('end', () => {
        begun = true;
        client.end(answer.trailers());
    });
    body.once('close', () => {
        if (!body.readableEnded)
            client.abort(answer.resetCode());
    });
    body.pipe(out, { end: false });
    // The first bytes may be a while in coming, as with server-sent events.
    setImmediate(() => {
        if (!begun)
            client.flush();
    });
}
/** From here on bytes pass both ways, whatever they are. Where one side breaks off, the other one does too. */
function switchOver(client, answer, headers, entry) {
    if (answer.switched === undefined)
        return;
    const there = answer.switched.socket;
    const here = client.switchProtocol(headerValues(answer.headers, 'upgrade').join(', '), headers);
    connect(here.socket, there, here.head, entry.sent);
    connect(there, here.socket, answer.switched.head, entry.received);
}
function connect(from, to, head, count) {
    from.setNoDelay(true);
    from.setTimeout(0);
    from.on('error', ignore);
    count(head.length);
    if (head.length > 0)
        to.write(head);
    from.on('data', (chunk) => {
        count(chunk.length);
    });
    from.pipe(to);
    from.once('close', () => {
        if (from.readableEnded)
            to.destroySoon();
        else
            to.destroy();
    });
}
/** The proxy itself refuses a request. */
function reject(client, entry, status, reason) {
    entry.answered(status);
    entry.rejected();
    answerItself(client, rejection(status, reason));
}
function answerItself(client, answer) {
    // What is not read would keep the client from reading this.
    client.body?.resume();
    const out = client.respond(answer, false);
    out.on('error', ignore);
    if (!out.writableEnded)
        out.write(answer.body);
    client.end([]);
}
function ignore() {
    // Where a connection breaks off, its close says all there is to say.
}

;// CONCATENATED MODULE: external "node:http2"
const external_node_http2_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http2");
var external_node_http2_default = /*#__PURE__*/__nccwpck_require__.n(external_node_http2_namespaceObject);
;// CONCATENATED MODULE: ./src/proxy/http2.ts


/** What either side may send ahead on one stream: 200 of them still fit into the memory that a step has to spare. */
const STREAM_WINDOW_BYTES = 256 * 1024;
/**
 * For connections of HTTP/2 on both sides. Node refuses more than 128 header fields unless it is told a number: there can be as many as
 * there is room for, at 32 bytes for the least of them (RFC 9113, 6.5.2) in the 64 KiB that its library takes. From 24.15 on it can be
 * told to write a field twice that it expects once, such as `content-type`, since it also reads such a message.
 */
const HTTP2_OPTIONS = {
    settings: { initialWindowSize: STREAM_WINDOW_BYTES },
    maxHeaderListPairs: (64 * 1024) / 32,
    strictSingleValueFields: false
};
/**
 * Ends a stream that wants its trailers. Where Node does not write what the other side sent, the stream breaks off: an error that is
 * thrown while Node asks for trailers would end the process.
 */
function sendTrailers(stream, trailers) {
    try {
        stream.sendTrailers(toFields(trailers));
    }
    catch {
        stream.close(external_node_http2_namespaceObject.constants.NGHTTP2_INTERNAL_ERROR);
    }
}

;// CONCATENATED MODULE: ./src/proxy/client-http2.ts



const { constants } = (external_node_http2_default());
/** What Node ends by itself after the headers: RFC 9110, 6.4.1. */
const WITHOUT_BODY = [204, 205, 304];
/**
 * A request of HTTP/2.
 *
 * @param raw the header fields, the pseudo-fields among them
 */
function fromHttp2(stream, headers, flags, raw) {
    const method = headers[':method'] ?? '';
    const authority = headers[':authority'];
    const fields = mapHeaders(raw, (name, value) => (name.startsWith(':') ? undefined : value));
    // RFC 9113, 8.3.1: one of the two names the host, or both the same.
    const isNamedTwice = headerValues(fields, 'host').join() === authority;
    let asked = [];
    stream.once('trailers', (_fields, _flags, last) => {
        asked = last ?? [];
    });
    let trailers = [];
    let isOver = false;
    return {
        method,
        target: headers[':path'] ?? '',
        headers: authority === undefined || isNamedTwice ? fields : ['host', authority, ...fields],
        body: (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0 ? stream : undefined,
        trailers: () => asked,
        upgrade: undefined,
        proceed() {
            if (!stream.headersSent && headers.expect !== undefined)
                stream.additionalHeaders({ ':status': 100 });
        },
        inform({ status, headers: given }) {
            if (stream.headersSent || stream.destroyed)
                return;
            try {
                stream.additionalHeaders({ ':status': status, ...toFields(given) });
            }
            catch {
                // What Node does not write is left out: the answer itself is still to come.
            }
        },
        respond({ status, headers: answered }, isWhole) {
            const endStream = isWhole || method === 'HEAD' || WITHOUT_BODY.includes(status);
            isOver = endStream;
            const head = { ':status': status, ...toFields(answered) };
            stream.respond(head, endStream ? { endStream } : { waitForTrailers: true });
            stream.once('wantTrailers', () => {
                sendTrailers(stream, trailers);
            });
            return stream;
        },
        flush() {
            // Headers of HTTP/2 are sent at once.
        },
        end(last) {
            trailers = last;
            if (!isOver)
                stream.end();
        },
        switchProtocol() {
            throw new Error('no upgrade was asked for');
        },
        abort(code = constants.NGHTTP2_INTERNAL_ERROR) {
            stream.close(code);
        },
        onGone(listener) {
            stream.once('close', listener);
        }
    };
}

// EXTERNAL MODULE: ./src/world/http.ts + 2 modules
var http = __nccwpck_require__(6135);
;// CONCATENATED MODULE: ./src/proxy/client-http1.ts


/** A request of HTTP/1.1. */
function fromHttp1(request, response) {
    return createClient(request, response, {
        body: hasBody(request) ? request : undefined,
        ambiguity: findAmbiguity(request)
    });
}
/**
 * Whether a request that asks for another protocol is to get it. RFC 9110, 7.8, lets a server go on as before: so does this one where
 * there is a body, and where `h2c` is all that is asked for, which is not the service's business and which RFC 9113, 3.1, has done
 * away with.
 */
function maySwitch(request) {
    return !hasBody(request) && !/^h2c$/i.test(protocolOf(request));
}
/**
 * A request to switch the protocol, for which Node hands over the bare connection. Before 24.9 it does so whatever `maySwitch` says; a
 * body is then lost to the service, and such a request is not passed on.
 *
 * @param head what came after the request already
 */
function fromUpgrade(request, socket, head) {
    const response = new external_node_http_.ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.end());
    const ambiguity = hasBody(request)
        ? 'A request that asks for another protocol cannot have a body here.'
        : findAmbiguity(request);
    const protocol = protocolOf(request);
    return createClient(request, response, maySwitch(request) ? { ambiguity, upgrade: { protocol, socket, head } } : { ambiguity });
}
function hasBody({ headers }) {
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
function protocolOf({ rawHeaders }) {
    return headerValues(rawHeaders, 'upgrade').join(', ');
}
/** What Node's parser lets through. A coding besides `chunked` would get lost, and HTTP/1.0 knows none: RFC 9112, 6.1. */
function findAmbiguity({ headers, httpVersion }) {
    const coding = headers['transfer-encoding']?.toLowerCase() ?? 'chunked';
    if (coding !== 'chunked')
        return 'The only Transfer-Encoding that this proxy passes on is chunked.';
    if (httpVersion === '1.1')
        return undefined;
    if (httpVersion !== '1.0')
        return 'The version of HTTP is neither 1.1 nor 1.0; HTTP/2 begins with its preface.';
    return headers['transfer-encoding'] === undefined ? undefined : 'HTTP/1.0 has no Transfer-Encoding.';
}
function createClient(request, response, { body, ambiguity, upgrade }) {
    if (ambiguity !== undefined)
        response.shouldKeepAlive = false;
    const { method = '', url = '', rawHeaders, socket } = request;
    response.sendDate = false;
    return {
        method,
        target: url,
        headers: rawHeaders,
        ambiguity,
        body,
        trailers: () => request.rawTrailers,
        upgrade: upgrade?.protocol,
        proceed() {
            if (!response.headersSent && request.headers.expect !== undefined)
                response.writeContinue();
        },
        inform({ status, reason, headers }) {
            // HTTP/1.0 has no such answers: RFC 9110, 15.2. Nor is there a queue for them.
            if (response.headersSent || response.socket?.writableNeedDrain !== false || request.httpVersionMinor === 0)
                return;
            response.socket.write(formatHead(status, reason, headers), 'latin1');
        },
        respond({ status, reason, headers }) {
            response.writeHead(status, reason, [...headers]);
            return response;
        },
        flush() {
            response.flushHeaders();
        },
        end(trailers) {
            if (trailers.length > 0)
                response.addTrailers(toPairs(trailers));
            response.end();
        },
        switchProtocol(protocol, headers) {
            if (upgrade === undefined)
                throw new Error('no upgrade was asked for');
            response.detachSocket(socket);
            const upgraded = ['Connection', 'Upgrade', 'Upgrade', protocol, ...headers];
            socket.write(formatHead(101, 'Switching Protocols', upgraded), 'latin1');
            return upgrade;
        },
        abort() {
            // To HTTP/1.0, which knows no length of its own, the end of a connection is the end of the body.
            if (request.httpVersionMinor === 0)
                socket.resetAndDestroy();
            else
                socket.destroy();
        },
        onGone(listener) {
            const gone = () => {
                socket.off('close', gone);
                response.off('close', gone);
                listener();
            };
            // A response that waits for those before it on the same connection does not see that connection close.
            socket.once('close', gone);
            response.once('close', gone);
        }
    };
}
/** For the wire; in Latin-1, as RFC 9110, 5.5, has it. */
function formatHead(status, reason, headers) {
    const lines = toPairs(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `HTTP/1.1 ${status} ${reason}\r\n${lines.join('')}\r\n`;
}

;// CONCATENATED MODULE: ./src/proxy/malformed-request.ts



/** How long the headers of a request may take, in milliseconds, once its first byte is there. */
const HEADERS_MS = 60_000;
/** Codes of Node's parser, https://github.com/nodejs/llhttp, that have a remedy of their own. */
const REMEDIES = {
    HPE_INVALID_URL: 'Percent-encode what a URL cannot hold (RFC 3986, 2.1), as %C3%BC for ü.',
    HPE_INVALID_METHOD: 'Use a method that Node knows (http.METHODS), and http instead of https to this port.'
};
/**
 * The answer to a request that Node's server could not read to its end. Nothing of what the client sent is in it: the parser's reason
 * is a sentence of its own.
 *
 * @param error of the server's event `clientError`
 * @returns undefined where it is the connection that failed
 */
function answerMalformed(error) {
    const code = (0,safe_text/* codeOf */.$N)(error);
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
        return rejection(408, `Its headers were not complete within ${HEADERS_MS / 1_000} s.`);
    }
    if (code === 'HPE_HEADER_OVERFLOW')
        return rejection(431, `Its headers exceed ${http/* HEADER_BYTES */.q2 / 1024} KiB.`);
    if (!code.startsWith('HPE_'))
        return undefined;
    const remedy = REMEDIES[code] ?? 'Send a request that every server reads in the same way (RFC 9112).';
    return rejection(400, `Node's HTTP parser says "${error.reason ?? 'Parse Error'}" (${code}). ${remedy}`);
}

;// CONCATENATED MODULE: ./src/proxy/server-http1.ts





/** Clients keep connections too, and a request must not meet the end of one. */
const KEPT_MS = 60 * 60_000;
/**
 * Takes connections that speak HTTP/1.1, by the event `connection`.
 *
 * @param onTurnedAway is told the status of the answer to a request that could not be read, or came too early
 */
function createHttp1Server(onRequest, onTurnedAway) {
    const server = (0,external_node_http_.createServer)({
        // Node's defaults would cut slow uploads, and idle connections just when a client uses them again.
        requestTimeout: 0,
        // Without that limit, Node has none for headers either.
        headersTimeout: HEADERS_MS,
        keepAliveTimeout: KEPT_MS,
        maxHeaderSize: http/* HEADER_BYTES */.q2,
        // Node would answer for us.
        requireHostHeader: false,
        shouldUpgradeCallback: maySwitch
    });
    // Node would leave out what is beyond.
    server.maxHeadersCount = 0;
    // Of a server that does not listen itself, this begins to hold requests to the limit for their headers.
    server.emit('listening');
    /** The newest exchange of each connection. */
    const newest = new WeakMap();
    function refuse(socket, answer) {
        const response = newest.get(socket);
        if (response?.req.complete === false) {
            // Its body is what cannot be read. It is answered unless its answer has begun, or another one has to come first.
            if (response.socket === socket && !response.headersSent)
                socket.write(format(answer));
            socket.destroySoon();
            return;
        }
        if (response === undefined || response.writableFinished)
            turnAwayNow();
        else {
            // What came before is answered first.
            socket.pause();
            response.once('close', turnAwayNow);
        }
        function turnAwayNow() {
            if (!socket.writable)
                return;
            turnAway(socket, answer);
            onTurnedAway(answer.status);
        }
    }
    // What is to be expected of the service is for the service to say.
    for (const event of ['request', 'checkContinue', 'checkExpectation']) {
        server.on(event, (request, response) => {
            newest.set(request.socket, response);
            onRequest(fromHttp1(request, response));
        });
    }
    for (const event of ['upgrade', 'connect']) {
        server.on(event, (request, socket, head) => {
            const before = newest.get(socket);
            if (before === undefined || (before.writableFinished && before.socket === null)) {
                onRequest(fromUpgrade(request, socket, head));
                return;
            }
            // The connection still belongs to that answer.
            refuse(socket, rejection(400, 'A request that asks for another protocol has to wait for the answers before it.'));
        });
    }
    server.on('clientError', (error, socket) => {
        const answer = answerMalformed(error);
        if (answer === undefined)
            socket.destroy();
        // The parser reports every piece that still comes.
        else if (socket.writable)
            refuse(socket, answer);
    });
    return server;
}
/** What the client still sends has to be read, or the end of the connection would take the answer with it: RFC 9112, 9.6. */
function turnAway(socket, answer) {
    setTimeout(() => socket.destroy(), TURNED_AWAY_MS).unref();
    socket.resume();
    socket.end(format(answer));
}
const TURNED_AWAY_MS = 5_000;
function format({ status, reason, headers, body }) {
    return Buffer.concat([Buffer.from(formatHead(status, reason, [...headers, 'Connection', 'close']), 'latin1'), body]);
}

;// CONCATENATED MODULE: ./src/proxy/reception.ts





/** With these bytes every connection of HTTP/2 begins: RFC 9113, 3.4. No request of HTTP/1.1 does. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** A connection that says nothing: browsers open some ahead of time. */
const SILENT_MS = 2 * 60_000;
/** Finds out whether a connection may be here and which version of HTTP it speaks, and hands it over. */
function createReception({ onHttp1, onHttp2, onTurnedAway, mayConnect }) {
    const http1 = createHttp1Server(onHttp1, onTurnedAway);
    const http2 = createHttp2Server(onHttp2);
    return (socket) => {
        socket.setMaxListeners(0);
        const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
        // As the client's socket has them: its own end first.
        mayConnect({
            localAddress: remoteAddress,
            localPort: remotePort,
            remoteAddress: localAddress,
            remotePort: localPort
        }).then((mayUse) => {
            if (mayUse === true) {
                if (!socket.destroyed)
                    sniff(socket, http1, http2);
                return;
            }
            const answer = rejection(403, 'Another user of this machine started this proxy; it serves that user and root only.');
            turnAway(socket, answer);
            // One that has left may only have looked whether the port is open.
            if (mayUse === false)
                onTurnedAway(answer.status);
        }, () => socket.destroy());
    };
}
function createHttp2Server(onRequest) {
    const server = (0,external_node_http2_namespaceObject.createServer)(HTTP2_OPTIONS);
    server.on('session', (session) => {
        session.on('error', () => undefined);
    });
    server.on('stream', (stream, headers, flags, raw) => {
        stream.on('error', () => undefined);
        onRequest(fromHttp2(stream, headers, flags, raw));
    });
    return server;
}
/** Hands a connection over to the server of the version of HTTP that its first bytes show. */
function sniff(socket, http1, http2) {
    let seen = Buffer.alloc(0);
    socket.setTimeout(SILENT_MS, () => {
        socket.destroy();
    });
    socket.on('data', look);
    socket.once('end', end);
    socket.resume();
    function look(chunk) {
        seen = Buffer.concat([seen, chunk]);
        const isPreface = PREFACE.subarray(0, seen.length).equals(seen.subarray(0, PREFACE.length));
        if (isPreface && seen.length < PREFACE.length)
            return;
        socket.off('data', look).off('end', end).setTimeout(0);
        socket.removeAllListeners('timeout');
        socket.pause();
        socket.unshift(seen);
        // HTTP/2 takes what is there by itself.
        if (isPreface)
            http2.emit('connection', socket);
        else {
            http1.emit('connection', socket);
            socket.resume();
        }
    }
    function end() {
        socket.destroy();
    }
}

;// CONCATENATED MODULE: ./src/proxy/server.ts



/** The same port on ::1 may belong to another program. */
const MOST_PORTS = 20;
/** A port is not free. */
class PortError extends Error {
    name = 'PortError';
    code;
    constructor(code) {
        super(`no port (${code})`);
        this.code = code;
    }
}
/**
 * Listens on 127.0.0.1 and, where the system has it, on ::1, for HTTP/1.1 and HTTP/2 on one port.
 *
 * @param port 0 for a free one
 * @throws {PortError}
 */
async function listen(port, handlers) {
    const sockets = new Set();
    const receive = createReception(handlers);
    const servers = await openServers(port);
    const [first] = servers;
    const address = first?.address();
    if (address === null || typeof address !== 'object')
        throw new Error('no address');
    for (const server of servers) {
        server.on('connection', (socket) => {
            sockets.add(socket.once('close', () => sockets.delete(socket)));
            socket.on('error', () => undefined);
            receive(socket);
        });
    }
    return {
        port: address.port,
        close() {
            for (const server of servers)
                server.close();
            for (const socket of sockets)
                socket.destroy();
        }
    };
}
async function openServers(port) {
    for (let attempt = 1;; attempt += 1) {
        const ipv4 = await server_open('127.0.0.1', port);
        const address = ipv4.address();
        const chosen = typeof address === 'object' ? (address?.port ?? 0) : 0;
        try {
            return [ipv4, await server_open('::1', chosen)];
        }
        catch (error) {
            // A machine without IPv6 has no other program there either.
            if (!(error instanceof PortError) || error.code !== 'EADDRINUSE')
                return [ipv4];
            ipv4.close();
            // "localhost" would lead some clients to the other program.
            if (port !== 0 || attempt === MOST_PORTS)
                throw error;
        }
    }
}
async function server_open(host, port) {
    // Node's HTTP switches this on for its own connections; without it, small answers wait for acknowledgements.
    const server = (0,external_node_net_.createServer)({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true });
    return await new Promise((resolve, reject) => {
        server.once('error', (error) => {
            reject(new PortError((0,safe_text/* codeOf */.$N)(error)));
        });
        server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
            resolve(server);
        });
    });
}

// EXTERNAL MODULE: external "node:https"
var external_node_https_ = __nccwpck_require__(4708);
var external_node_https_default = /*#__PURE__*/__nccwpck_require__.n(external_node_https_);
// EXTERNAL MODULE: ./src/world/connection-pool.ts
var connection_pool = __nccwpck_require__(921);
;// CONCATENATED MODULE: ./src/proxy/wait-limit.ts
function startWaitLimit(milliseconds, onMiss) {
    let missed = false;
    let timer = start();
    function start() {
        return setTimeout(() => {
            missed = true;
            onMiss();
        }, milliseconds);
    }
    return {
        connected() {
            clearTimeout(timer);
        },
        bodySent() {
            clearTimeout(timer);
            timer = start();
        },
        clear() {
            clearTimeout(timer);
        },
        missed: () => missed
    };
}
function describeMiss(milliseconds) {
    return `no answer began within ${milliseconds} ms`;
}

;// CONCATENATED MODULE: ./src/proxy/service-http1.ts








/** Of these, Node sends no body unless it is told to; of others, it would send an empty one in chunks. */
const service_http1_WITHOUT_BODY = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];
/**
 * HTTP/1.1 to the service, with upgrades.
 *
 * @param timeoutMs for connecting, and for the headers of an answer once the request is sent
 */
function createHttp1Service(url, timeoutMs) {
    const closing = new AbortController();
    const pool = (0,connection_pool/* createConnectionPool */.Z)(closing.signal);
    /** Those that have no connection yet. A signal that combines two would cost each request more than all of its headers. */
    const connectings = new Set();
    function send(request) {
        const start = external_node_perf_hooks_.performance.now();
        const connecting = new AbortController();
        connectings.add(connecting);
        const options = {
            method: request.method,
            host: url.hostname,
            port: url.port,
            path: request.path,
            headers: [...request.headers, ...service_http1_frame(request)],
            agent: pool.agentFor(url),
            maxHeaderSize: http/* HEADER_BYTES */.q2,
            destination: { url },
            connectionSignal: connecting.signal
        };
        const outgoing = (url.protocol === 'http:' ? (external_node_http_default()) : (external_node_https_default())).request(options);
        // Node would leave out what is beyond.
        outgoing.maxHeadersCount = 0;
        let connected = false;
        let answered = false;
        let bytesBefore = 0;
        const limit = startWaitLimit(timeoutMs, abort);
        function abort() {
            if (connectings.delete(connecting))
                connecting.abort();
            outgoing.destroy();
        }
        const answer = new Promise((resolve, reject) => {
            outgoing.once('socket', (socket) => {
                connected = true;
                connectings.delete(connecting);
                bytesBefore = socket.bytesRead;
                limit.connected();
            });
            outgoing.once('finish', limit.bodySent);
            outgoing.once('continue', request.onContinue);
            outgoing.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
                if (statusCode !== 100)
                    request.onInterim({ status: statusCode, reason: statusMessage, headers: rawHeaders });
            });
            outgoing.once('response', (message) => {
                limit.clear();
                answered = true;
                const flaw = findFlaw(message);
                if (flaw === undefined)
                    resolve(readAnswer(message));
                else {
                    outgoing.destroy();
                    reject(broken(new InvalidAnswer(flaw)));
                }
            });
            outgoing.once('upgrade', (message, socket, head) => {
                limit.clear();
                answered = true;
                if (request.upgrade === undefined) {
                    socket.destroy();
                    reject(broken(new InvalidAnswer('HPE_UNEXPECTED_UPGRADE')));
                }
                else
                    resolve({ ...readAnswer(message), switched: { socket, head } });
            });
            outgoing.on('error', (error) => {
                limit.clear();
                reject(broken(error));
            });
            outgoing.once('close', () => {
                connectings.delete(connecting);
                limit.clear();
                if (!answered)
                    reject(broken(new Error('closed')));
            });
        });
        sendBody(outgoing, request);
        return { answer, abort };
        function broken(error) {
            const missed = limit.missed() ? describeMiss(timeoutMs) : undefined;
            const outcome = (0,http/* toNoAnswer */.FO)(error, {
                missed,
                sent: connected,
                milliseconds: Math.round(external_node_perf_hooks_.performance.now() - start)
            });
            const anyByte = (outgoing.socket?.bytesRead ?? 0) > bytesBefore;
            return new ServiceBreak(outcome, outgoing.reusedSocket && !anyByte && !limit.missed());
        }
    }
    return {
        send,
        close() {
            closing.abort();
            for (const connecting of connectings)
                connecting.abort();
            pool.close();
        }
    };
}
/** In the terms of Node's parser, which lets these through. */
class InvalidAnswer extends Error {
    code;
    constructor(code) {
        super(code);
        this.code = code;
    }
}
/**
 * A coding besides `chunked` would get lost on the way, and none was asked for. Below 200 nothing ends an exchange: RFC 9110, 15.2. A
 * control character in the reason (RFC 9112, 4) is one that Node reads and does not write.
 */
function findFlaw({ headers, statusCode = 0, statusMessage = '' }) {
    if ((headers['transfer-encoding']?.toLowerCase() ?? 'chunked') !== 'chunked')
        return 'HPE_INVALID_TRANSFER_ENCODING';
    return statusCode < 200 || /[^\t\x20-\x7e\x80-\xff]/.test(statusMessage) ? 'HPE_INVALID_STATUS' : undefined;
}
/** How the body is delimited: RFC 9112, 6. What the client said of it is only believed after Node has read it so. */
function service_http1_frame({ method, body, length, upgrade }) {
    if (upgrade !== undefined)
        return ['Connection', 'Upgrade', 'Upgrade', upgrade];
    if (body !== undefined)
        return length === undefined ? ['Transfer-Encoding', 'chunked'] : ['Content-Length', length];
    return length === undefined && service_http1_WITHOUT_BODY.includes(method) ? [] : ['Content-Length', '0'];
}
function sendBody(outgoing, { body, trailers }) {
    if (body === undefined) {
        outgoing.end();
        return;
    }
    // The service should learn of a slow upload when it begins, and of one that waits for 100 at all. What is there goes with the head.
    if (body.readableLength === 0)
        outgoing.flushHeaders();
    body.pipe(outgoing, { end: false });
    // An empty body that came together with its head has ended by itself already.
    if (body.readableEnded)
        end();
    else
        body.once('end', end);
    outgoing.once('close', () => {
        // What still comes is of no use, but has to be read so that the connection can go on.
        body.unpipe(outgoing);
        body.resume();
    });
    function end() {
        const last = trailers();
        if (last.length > 0)
            outgoing.addTrailers(toPairs(last));
        outgoing.end();
    }
}
function readAnswer(message) {
    return {
        status: message.statusCode ?? 0,
        reason: message.statusMessage ?? '',
        headers: message.rawHeaders,
        body: message,
        trailers: () => message.rawTrailers,
        isWhole: false,
        hasArrived: () => message.complete,
        switched: undefined,
        resetCode: () => undefined
    };
}

// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __nccwpck_require__(1692);
// EXTERNAL MODULE: ./src/world/connection.ts + 1 modules
var world_connection = __nccwpck_require__(4054);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
;// CONCATENATED MODULE: ./src/proxy/service-http2.ts










const { constants: service_http2_constants } = (external_node_http2_default());
/** Google's front end takes this many at once on one connection; more would wait for each other. */
const MOST_STREAMS = 100;
/** HTTP/2 to the service, for clients that speak it: gRPC needs its trailers. */
function createHttp2Service(url, timeoutMs) {
    const closing = new AbortController();
    const connections = new Set();
    let opening;
    async function open() {
        const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), closing.signal]);
        const socket = await (0,world_connection/* openConnection */.J)({ url, protocol: 'h2' }, signal);
        if (socket instanceof external_node_tls_.TLSSocket && socket.alpnProtocol !== 'h2') {
            socket.destroy();
            throw new outcome/* ConnectionError */.Rc('EPROTO', 'the service does not speak HTTP/2, which gRPC needs', 'handshake');
        }
        const session = external_node_http2_default().connect(url.origin, {
            ...HTTP2_OPTIONS,
            createConnection: () => socket,
            settings: { ...HTTP2_OPTIONS.settings, enablePush: false },
            maxSessionMemory: MOST_STREAMS
        });
        const connection = { session, streams: 0, isKept: false };
        connections.add(connection);
        // A connection that breaks is no error by itself; its streams have errors of their own.
        session.on('error', () => undefined);
        session.once('close', () => connections.delete(connection));
        session.once('goaway', () => connections.delete(connection));
    }
    async function takeConnection() {
        for (;;) {
            const free = [...connections].find(({ session, streams }) => !session.closed && streams < Math.min(MOST_STREAMS, remoteLimit(session)));
            if (free !== undefined) {
                free.streams += 1;
                return free;
            }
            opening ??= open().finally(() => (opening = undefined));
            await opening;
        }
    }
    function send(request) {
        const start = external_node_perf_hooks_.performance.now();
        let stream;
        let connection;
        let aborted = false;
        let giveUp = () => undefined;
        const missed = new Promise((_resolve, reject) => (giveUp = reject));
        const limit = startWaitLimit(timeoutMs, () => {
            abort();
            giveUp(new Error('missed'));
        });
        function abort(code = service_http2_constants.NGHTTP2_CANCEL) {
            aborted = true;
            stream?.close(code);
        }
        async function exchange() {
            connection = await takeConnection();
            const taken = connection;
            limit.connected();
            if (aborted) {
                taken.streams -= 1;
                throw new Error('aborted');
            }
            const endStream = request.body === undefined;
            const sent = beginStream(taken, toHttp2(url, request), { endStream, waitForTrailers: !endStream });
            stream = sent;
            sent.once('wantTrailers', () => {
                sendTrailers(sent, request.trailers());
            });
            sent.once('close', () => (taken.streams -= 1));
            return await new Promise((resolve, reject) => {
                let trailers = [];
                sent.once('response', (_headers, flags, raw) => {
                    limit.clear();
                    taken.isKept = true;
                    resolve({
                        status: Number(_headers[':status']),
                        reason: '',
                        headers: withoutPseudo(raw ?? []),
                        body: sent,
                        trailers: () => trailers,
                        isWhole: (flags & service_http2_constants.NGHTTP2_FLAG_END_STREAM) !== 0,
                        hasArrived: () => false,
                        switched: undefined,
                        resetCode: () => (sent.rstCode === service_http2_constants.NGHTTP2_NO_ERROR ? undefined : sent.rstCode)
                    });
                });
                sent.once('trailers', (_headers, _flags, raw) => (trailers = raw ?? []));
                sent.once('continue', request.onContinue);
                sent.on('headers', (headers, _flags, raw) => {
                    const status = Number(headers[':status']);
                    if (status !== 100)
                        request.onInterim({ status, reason: '', headers: withoutPseudo(raw ?? []) });
                });
                sent.once('finish', limit.bodySent);
                sent.on('error', reject);
                sent.once('close', () => {
                    reject(new outcome/* ConnectionError */.Rc('ECONNRESET', `the service ended the stream without an answer (${sent.rstCode})`));
                });
                if (request.body === undefined)
                    limit.bodySent();
                else
                    request.body.pipe(sent);
            });
        }
        const answer = Promise.race([exchange(), missed]).catch((error) => {
            limit.clear();
            const isKept = connection?.isKept === true && !limit.missed();
            const reason = limit.missed() ? describeMiss(timeoutMs) : undefined;
            const milliseconds = Math.round(external_node_perf_hooks_.performance.now() - start);
            throw new ServiceBreak((0,http/* toNoAnswer */.FO)(error, { missed: reason, sent: stream !== undefined, milliseconds }), isKept);
        });
        return { answer, abort };
    }
    return {
        send,
        close() {
            closing.abort();
            for (const { session } of connections)
                session.destroy();
        }
    };
}
/** @throws what Node throws where it does not write such a request: then the connection has room for another one. */
function beginStream(connection, headers, options) {
    try {
        return connection.session.request(headers, options);
    }
    catch (error) {
        connection.streams -= 1;
        throw error;
    }
}
/** Before the service has told its settings, Node has none. */
function remoteLimit({ remoteSettings }) {
    return remoteSettings?.maxConcurrentStreams ?? MOST_STREAMS;
}
function toHttp2(url, { method, path, headers, length }) {
    const fields = toFields(mapHeaders(headers, (name, value) => (name === 'host' ? undefined : value)));
    return {
        ':method': method,
        ':scheme': url.protocol.slice(0, -1),
        ':authority': url.host,
        ':path': path,
        ...fields,
        // Of this hop: trailers are passed on, and gRPC asks for them. RFC 9113, 8.2.2
        te: 'trailers',
        ...(length === undefined ? {} : { 'content-length': length })
    };
}
function withoutPseudo(raw) {
    return mapHeaders(raw, (name, value) => (name.startsWith(':') ? undefined : value));
}

;// CONCATENATED MODULE: ./src/proxy/statistics.ts


/**
 * @param log takes a line for each exchange: time, method, path without query, status, milliseconds
 * @param now milliseconds by a clock that never jumps
 */
function createStatistics(log, now) {
    const classes = {};
    const refusals = new Map();
    const failures = new Map();
    const counts = { rejected: 0, bytesSent: 0, bytesReceived: 0, renewals: 0, defects: 0, open: 0 };
    let slowest;
    let lastAt = now();
    function countClass(status) {
        const group = status === undefined ? 'none' : `${Math.floor(status / 100)}xx`;
        classes[group] = (classes[group] ?? 0) + 1;
    }
    return {
        begin(method, target) {
            const startedAt = now();
            const pathOf = () => target.replace(/[?#].*$/s, '');
            let status;
            let code = '';
            let milliseconds = 0;
            let ended = false;
            counts.open += 1;
            return {
                answered(given) {
                    status = given;
                    milliseconds = Math.round(now() - startedAt);
                    if (milliseconds > (slowest?.milliseconds ?? -1))
                        slowest = { method: (0,safe_text/* safeText */.Hk)(method, 20), path: (0,safe_text/* safeText */.Hk)(pathOf(), 200), milliseconds };
                },
                refused(text) {
                    code = ` ${text.code}`;
                    count(refusals, text);
                },
                failed(text) {
                    code = ` ${text.code}`;
                    count(failures, text);
                },
                rejected() {
                    code = ' not passed on';
                    counts.rejected += 1;
                },
                sent(bytes) {
                    counts.bytesSent += bytes;
                },
                received(bytes) {
                    counts.bytesReceived += bytes;
                },
                end() {
                    if (ended)
                        return;
                    ended = true;
                    counts.open -= 1;
                    lastAt = now();
                    countClass(status);
                    const took = status === undefined ? Math.round(now() - startedAt) : milliseconds;
                    log(`${(0,safe_text/* safeText */.Hk)(`${method} ${pathOf()}`, 220)} ${status ?? 'no answer'} ${took} ms${code}`);
                }
            };
        },
        turnedAway(status) {
            counts.rejected += 1;
            countClass(status);
            log(`- - ${status} not passed on`);
        },
        renewed() {
            counts.renewals += 1;
        },
        defect(error) {
            counts.defects += 1;
            log(`A defect of the proxy: ${describeDefect(error)}`);
        },
        totals: () => ({
            classes,
            refusals: [...refusals.values()],
            failures: [...failures.values()],
            rejected: counts.rejected,
            bytesSent: counts.bytesSent,
            bytesReceived: counts.bytesReceived,
            slowest,
            renewals: counts.renewals,
            defects: counts.defects
        }),
        idleMs: () => (counts.open > 0 ? 0 : now() - lastAt)
    };
}
function count(counted, text) {
    const known = counted.get(text.code);
    counted.set(text.code, { count: (known?.count ?? 0) + 1, text: known?.text ?? text });
}

;// CONCATENATED MODULE: ./src/proxy/renewal.ts
/** Google's tokens live an hour. */
const BEFORE_EXPIRY_MS = 5 * 60_000;
/** After an attempt that failed, or a renewal because of a refusal. */
const SHORTEST_PAUSE_MS = 5_000;
/** When to ask for the next token: five minutes before this one expires, or at half of a life that is too short for that. */
function renewalTime({ obtainedAt, expiresAt }) {
    return Math.max(obtainedAt + (expiresAt - obtainedAt) / 2, expiresAt - BEFORE_EXPIRY_MS);
}
/** When the next attempt may begin, after one that began at `attemptedAt`. */
function nextAttempt(attemptedAt) {
    return attemptedAt + SHORTEST_PAUSE_MS;
}

;// CONCATENATED MODULE: ./src/proxy/token-keeper.ts


/** The longest that one of Node's timers can wait, in milliseconds; a token lives far shorter. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** Renews one at a time, by timer and on demand: a timer alone would miss a machine that slept. */
function createTokenKeeper({ first, mint, now, onRenewal }) {
    let token = first;
    let obtainedAt = now();
    let renewal;
    let failed;
    let replacedAt = Number.NEGATIVE_INFINITY;
    let renewals = 0;
    let timer;
    let closed = false;
    function schedule(at) {
        clearTimeout(timer);
        if (closed)
            return;
        timer = setTimeout(renewInBackground, Math.min(Math.max(0, at - now()), LONGEST_TIMER_MS));
    }
    async function renew() {
        if (failed !== undefined && now() < nextAttempt(failed.at))
            throw failed.failure;
        renewal ??= attempt().finally(() => (renewal = undefined));
        return await renewal;
    }
    async function attempt() {
        const startedAt = now();
        try {
            token = await mint();
            obtainedAt = now();
            failed = undefined;
            renewals += 1;
            onRenewal(undefined);
            schedule(renewalTime({ obtainedAt, expiresAt: token.expiresAt }));
            return token;
        }
        catch (error) {
            if (!(error instanceof failure_failure/* Failure */.HR))
                throw error;
            failed = { at: startedAt, failure: error };
            onRenewal(error);
            schedule(Math.max(nextAttempt(startedAt), now() + 1));
            throw error;
        }
    }
    /** The request that needs the token reports a failure; until then the last token serves. */
    function renewInBackground() {
        renew().catch((error) => {
            if (!(error instanceof failure_failure/* Failure */.HR))
                throw error;
            if (renewal === undefined && failed !== undefined)
                schedule(nextAttempt(failed.at));
        });
    }
    schedule(renewalTime({ obtainedAt, expiresAt: token.expiresAt }));
    return {
        async current() {
            if (now() >= token.expiresAt)
                return await renew();
            if (now() >= renewalTime({ obtainedAt, expiresAt: token.expiresAt }))
                renewInBackground();
            return token;
        },
        async replace(refused) {
            if (token !== refused)
                return token;
            if (renewal === undefined && now() < nextAttempt(replacedAt))
                return undefined;
            replacedAt = now();
            try {
                return await renew();
            }
            catch (error) {
                if (error instanceof failure_failure/* Failure */.HR)
                    return undefined;
                throw error;
            }
        },
        accepted(accepted) {
            if (token === accepted)
                replacedAt = Number.NEGATIVE_INFINITY;
        },
        renewals: () => renewals,
        close() {
            closed = true;
            clearTimeout(timer);
        }
    };
}

;// CONCATENATED MODULE: ./src/proxy/background.ts


















/** A renewal that takes longer than this would hardly come to anything. */
const LONGEST_RENEWAL_MS = 60_000;
/** The log must not fill the disk of a suite that makes requests for hours. */
const LONGEST_LOG_BYTES = 10 * 1024 * 1024;
/** The background process: serves until it is asked to end, until the job is over, or until it has not been used for long. */
async function runInBackground() {
    const log = createLog();
    const lifetime = beginLifetime(log);
    const { end, onEnd } = lifetime;
    const settings = await receiveSettings();
    const { inputs, key } = settings;
    const url = new URL(inputs.url);
    const statistics = createStatistics(log, () => external_node_perf_hooks_.performance.now());
    const keeper = await keepToken(settings, { log, lifetime, statistics });
    const sides = [createHttp1Service(url, inputs.timeoutMs), createHttp2Service(url, inputs.timeoutMs)];
    for (const side of sides)
        onEnd(side.close);
    let serving;
    const handle = (side) => (client) => {
        if (serving !== undefined)
            serve(serving, client, side).catch(statistics.defect);
    };
    try {
        const listening = await listen(inputs.port, {
            onHttp1: handle(sides[0]),
            onHttp2: handle(sides[1]),
            onTurnedAway: statistics.turnedAway,
            mayConnect: createPeerCheck(external_node_process_default().getuid?.())
        });
        onEnd(listening.close);
        const { tag, tokenPlace } = inputs;
        serving = { service: addressOf(url), tag, tokenPlace, keeper, statistics, port: listening.port };
        const quit = await (0,quit_port/* openQuitPort */.tI)(key, () => statistics.totals(), end);
        onEnd(quit.close);
        lifetime.endWhenUnused(statistics.idleMs);
        log(`Listening on port ${listening.port} for ${url.host}`);
        const { timeOrigin } = external_node_perf_hooks_.performance;
        // The step answers once it has written this down.
        external_node_process_default().once('message', lifetime.leaveTheStep);
        tell({ kind: 'listening', port: listening.port, quitPort: quit.port, startedAt: timeOrigin }, () => undefined);
    }
    catch (error) {
        if (!(error instanceof PortError))
            throw error;
        tell({ kind: 'no port', code: error.code }, end);
    }
}
/** Keeps the token of the step fresh, by an identity that is found here anew. */
async function keepToken({ inputs, env, token }, { log, lifetime, statistics }) {
    // The runner reads masks from steps that run; what is minted here is never printed.
    const masks = (0,secret/* createMasks */._)(() => undefined);
    const world = (0,world_world/* createWorld */.b)(env, { info: () => undefined }, masks);
    lifetime.onEnd(world.close);
    let deadline = 0;
    const step = {
        ...world.startStep({ timeoutMs: inputs.timeoutMs, deadlineMs: Number.POSITIVE_INFINITY }),
        timeLeft: () => (lifetime.isOver() ? 0 : Math.max(0, Math.floor(deadline - external_node_perf_hooks_.performance.now())))
    };
    const mint = (0,token_mint/* createMint */.x)(step, inputs, await (0,identity/* findIdentity */.g)(step, inputs));
    const keeper = createTokenKeeper({
        first: { ...token, jwt: masks.keep(token.jwt) },
        async mint() {
            deadline = external_node_perf_hooks_.performance.now() + Math.min(inputs.deadlineMs, LONGEST_RENEWAL_MS);
            return await mint.token(inputs.audiences[0]);
        },
        now: Date.now,
        onRenewal(failure) {
            if (failure === undefined) {
                statistics.renewed();
                log('The token was renewed');
                return;
            }
            log(`The token was not renewed: ${failure.text.code}: ${(0,safe_text/* safeText */.Hk)(failure.text.sentence)}`);
            if ((0,github/* isJobOver */.Kb)(failure)) {
                log('Ended because the job is over');
                lifetime.end();
            }
        }
    });
    lifetime.onEnd(keeper.close);
    return keeper;
}
async function receiveSettings() {
    return await new Promise((resolve) => {
        external_node_process_default().once('message', (message) => {
            resolve(message);
        });
    });
}
/** Tells the step how it went. */
function tell(started, then) {
    external_node_process_default().send?.(started, undefined, {}, then);
}
/** Lines of the log, which is this process's output: each with the time, and no more than the disk can take. */
function createLog() {
    let bytes = 0;
    return (line) => {
        if (bytes > LONGEST_LOG_BYTES)
            return;
        const text = `${new Date().toISOString()} ${line}\n`;
        bytes += text.length;
        external_node_process_default().stdout.write(bytes > LONGEST_LOG_BYTES ? `${text}The log is full.\n` : text);
    };
}


/***/ }),

/***/ 5985:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   DY: () => (/* binding */ notStarted),
/* harmony export */   Nq: () => (/* binding */ hung),
/* harmony export */   br: () => (/* binding */ refusedRequests),
/* harmony export */   f5: () => (/* binding */ portTaken),
/* harmony export */   it: () => (/* binding */ diedEarly)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(1926);
/* harmony import */ var _inputs_failures_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4042);



/** What the last lines of the log may show of it. */
const SHOWN_LINES = 10;
/** The background process did not come to listen. */
function notStarted(what, log = []) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'PROXY_FAILED',
        sentence: `The proxy's background process did not start: ${what}.`,
        cause: 'The machine is out of memory or processes, or something on it ends new processes.',
        remedy: "Look at the machine's memory and processes, and run the job again.",
        details: endOf(log)
    });
}
/** What the process wrote last where it ended by itself, and what to do. */
const ENDS = [
    [
        /Ended because the job is over$/,
        'Do nothing if the job was cancelled; otherwise let no step change ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN.'
    ],
    [
        /Ended by SIG[A-Z]+$/,
        'Let no step run pkill, killall or kill on processes of node that the step has not started itself.'
    ],
    [/Ended because there was no request for six hours$/, 'Put the proxy right before the step that uses the proxy.'],
    [/Ended by a defect: .*$/, 'Run the job again, and report this line to the authors of the action.']
];
/** It was there, and did not answer the post step. @param limitMs for how long that waited */
function hung(limitMs, log = []) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'PROXY_FAILED',
        sentence: `The proxy's background process did not answer the post step within ${limitMs / 1_000} s, and was ended.`,
        cause: 'The machine is out of memory or processors, or something stopped the process (SIGSTOP).',
        remedy: 'Use a runner with more memory and processors, or run fewer requests at once through the proxy.',
        details: endOf(log)
    });
}
/** It was there, and had ended when the post step looked. */
function diedEarly(log = []) {
    const last = log.at(-1) ?? '';
    const [time] = /^\d[\d:.T-]+Z/.exec(last) ?? [];
    const [words, remedy] = ENDS.flatMap(([end, advice]) => {
        const found = end.exec(last);
        return found === null ? [] : [found[0], advice];
    });
    const since = time === undefined ? '' : words === undefined ? ` after ${time}` : ` at ${time}`;
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'PROXY_FAILED',
        sentence: `The proxy's background process ended before the job did${words === undefined ? `: a step killed the process${since}, or the machine did because memory was short` : `; the log ends with "${words}"${since}`}.`,
        cause: 'Requests after that got no connection.',
        remedy: remedy ??
            `If a step${since} kills processes of node (pkill -9, killall -9), take that command out; otherwise use a runner with more memory.`,
        details: endOf(log)
    });
}
/** @param code of the system: `EADDRINUSE`, `EACCES` */
function portTaken(port, code) {
    const isTaken = code === 'EADDRINUSE';
    const { text } = (0,_inputs_failures_js__WEBPACK_IMPORTED_MODULE_2__/* .inputInvalid */ .m7)('port', isTaken
        ? `another program listens on ${port} already`
        : `this machine does not let the proxy listen on ${port} (${code})`, 'Leave port empty, so that the proxy takes a free port, and use the output url.', ['port: 0']);
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        ...text,
        cause: isTaken
            ? 'A service of the job, an earlier step, or another job on the same machine has this port.'
            : 'Ports below 1024 are for root on many systems, and Windows reserves some others.',
        snippets: [
            (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__/* .inStep */ .qg)('port: 0'),
            ...(isTaken
                ? [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_1__/* .onRunner */ .o)('see which program listens', `lsof -nP -iTCP:${port} -sTCP:LISTEN || ss -ltnp 'sport = :${port}'`)]
                : [])
        ]
    });
}
/** The first failure of its code, and how often there was one. */
function refusedRequests(text, count) {
    const requests = count === 1
        ? 'One request through the proxy failed so'
        : `${count} requests through the proxy failed so, the first of them`;
    return { ...text, sentence: `${requests}: ${text.sentence}` };
}
function endOf(log) {
    return log.slice(-SHOWN_LINES).map((line) => `log of the proxy: ${line}`);
}


/***/ }),

/***/ 3005:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   q: () => (/* binding */ readLogEnd)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1455);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_fs_promises__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);
var __addDisposableResource = (undefined && undefined.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (undefined && undefined.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});


/** The last lines are what tells why a process ended. */
const END_BYTES = 4 * 1024;
/**
 * The end of the background process's log, line by line.
 *
 * @returns undefined where there is no such file
 */
async function readLogEnd(file) {
    try {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            const log = __addDisposableResource(env_1, await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.open)(file), true);
            const { size } = await log.stat();
            const start = Math.max(0, size - END_BYTES);
            const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(END_BYTES), position: start });
            const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
            // The first one is cut where it does not begin the file.
            return (start === 0 ? lines : lines.slice(1)).filter((line) => line !== '').map((line) => (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(line));
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            const result_1 = __disposeResources(env_1);
            if (result_1)
                await result_1;
        }
    }
    catch {
        return undefined;
    }
}


/***/ }),

/***/ 1883:
/***/ ((module, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(module, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var node_process__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1708);
/* harmony import */ var node_process__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_process__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _report_run_to_end_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(8281);
/* harmony import */ var _world_world_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(7360);
/* harmony import */ var _background_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(7909);
/* harmony import */ var _post_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(5844);
/* harmony import */ var _report_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(7348);
/* harmony import */ var _start_js__WEBPACK_IMPORTED_MODULE_6__ = __nccwpck_require__(2234);







/** One bundle for the step, its background process, and the post step, which the state of the step tells apart. */
if ((node_process__WEBPACK_IMPORTED_MODULE_0___default().argv)[2] === 'background')
    await (0,_background_js__WEBPACK_IMPORTED_MODULE_3__/* .runInBackground */ .d)();
else if ((0,_report_js__WEBPACK_IMPORTED_MODULE_5__/* .isPostStep */ .pq)((node_process__WEBPACK_IMPORTED_MODULE_0___default().env)))
    await runPost();
else
    await runStep();
async function runStep() {
    const report = (0,_report_js__WEBPACK_IMPORTED_MODULE_5__/* .createProxyReport */ .Th)((node_process__WEBPACK_IMPORTED_MODULE_0___default().env));
    const world = (0,_world_world_js__WEBPACK_IMPORTED_MODULE_2__/* .createWorld */ .b)((node_process__WEBPACK_IMPORTED_MODULE_0___default().env), report);
    report.onStart();
    await (0,_report_run_to_end_js__WEBPACK_IMPORTED_MODULE_1__/* .runToEnd */ .c)((node_process__WEBPACK_IMPORTED_MODULE_0___default()), report, world, async () => {
        await (0,_start_js__WEBPACK_IMPORTED_MODULE_6__/* .start */ .n)(world, report);
    });
}
async function runPost() {
    const report = (0,_report_js__WEBPACK_IMPORTED_MODULE_5__/* .createPostReport */ .pM)((node_process__WEBPACK_IMPORTED_MODULE_0___default().env));
    await (0,_report_run_to_end_js__WEBPACK_IMPORTED_MODULE_1__/* .runToEnd */ .c)((node_process__WEBPACK_IMPORTED_MODULE_0___default()), report, { close: () => undefined }, async () => {
        await (0,_post_js__WEBPACK_IMPORTED_MODULE_4__/* .post */ .b)((0,_report_js__WEBPACK_IMPORTED_MODULE_5__/* .readState */ .un)((node_process__WEBPACK_IMPORTED_MODULE_0___default().env)), report, (node_process__WEBPACK_IMPORTED_MODULE_0___default().env));
    });
}

__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ }),

/***/ 5844:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  b: () => (/* binding */ post)
});

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __nccwpck_require__(1455);
// EXTERNAL MODULE: external "node:process"
var external_node_process_ = __nccwpck_require__(1708);
var external_node_process_default = /*#__PURE__*/__nccwpck_require__.n(external_node_process_);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/report/internal.ts
var internal = __nccwpck_require__(9841);
// EXTERNAL MODULE: ./src/proxy/failures.ts
var failures = __nccwpck_require__(5985);
// EXTERNAL MODULE: ./src/proxy/log-file.ts
var log_file = __nccwpck_require__(3005);
// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __nccwpck_require__(1421);
// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __nccwpck_require__(7975);
;// CONCATENATED MODULE: ./src/proxy/process-start.ts



const run = (0,external_node_util_.promisify)(external_node_child_process_.execFile);
/** Other systems tell whole seconds, and clocks are set. */
const TOLERANCE_MS = 3_000;
/** Ticks of the clock that Linux counts with towards programs, in a second: proc_pid_stat(5), sysconf(3). */
const TICKS = 100;
/** For the programs of other systems that tell it. */
const LONGEST_LOOK_MS = 10_000;
/**
 * Whether the process that has this id now is the one that began then: systems give the ids of ended processes to others.
 *
 * @param startedAt milliseconds since the epoch
 */
async function isSameProcess(id, startedAt) {
    const start = await findStart(id).catch(() => undefined);
    return start !== undefined && Math.abs(start - startedAt) <= TOLERANCE_MS;
}
async function findStart(id) {
    if (process.platform === 'linux') {
        return startOnLinux(await (0,promises_.readFile)(`/proc/${id}/stat`, 'utf8'), await (0,promises_.readFile)('/proc/stat', 'utf8'));
    }
    if (process.platform === 'win32') {
        const script = `([DateTimeOffset](Get-Process -Id ${id}).StartTime).ToUnixTimeMilliseconds()`;
        return toTime((await run('powershell', ['-NoProfile', '-Command', script], { timeout: LONGEST_LOOK_MS })).stdout);
    }
    const { stdout } = await run('env', ['LC_ALL=C', 'ps', '-o', 'lstart=', '-p', String(id)], {
        timeout: LONGEST_LOOK_MS
    });
    return Date.parse(stdout.trim());
}
/**
 * Milliseconds since the epoch.
 *
 * @param stat of the process; its name, in parentheses, may hold anything
 * @param machine `/proc/stat`, which tells when the machine began
 */
function startOnLinux(stat, machine) {
    // Field 22 of all, of which the second ends with the last parenthesis.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = /^btime (\d+)$/m.exec(machine)?.[1];
    const start = (Number(boot) + Number(ticks) / TICKS) * 1_000;
    return Number.isNaN(start) ? undefined : start;
}
function toTime(text) {
    const time = Number(text.trim() || Number.NaN);
    return Number.isNaN(time) ? undefined : time;
}

// EXTERNAL MODULE: ./src/proxy/quit-port.ts
var quit_port = __nccwpck_require__(45);
;// CONCATENATED MODULE: ./src/proxy/post.ts








/** How long the process may take to answer and to end. */
const GRACE_MS = 5_000;
/**
 * Ends the background process, and tells what became of it. Run again, or where the step did not come to start a process, it
 * does nothing.
 *
 * @param proxy undefined where there is none
 * @throws {Failure} where the process had ended early, or Google refused requests and that was to fail
 */
async function post(proxy, report, env) {
    if (proxy === undefined)
        return;
    report.onProxy(proxy);
    const log = await (0,log_file/* readLogEnd */.q)(proxy.logFile);
    const { totals, gone } = await (0,quit_port/* askToQuit */.Kc)(proxy.quitPort, proxy.key, GRACE_MS);
    try {
        if (!gone && (await isSameProcess(proxy.id, proxy.startedAt)))
            external_node_process_default().kill(proxy.id, 'SIGKILL');
        if (totals === undefined)
            throw gone ? (0,failures/* diedEarly */.it)(log) : (0,failures/* hung */.Nq)(GRACE_MS, log);
    }
    finally {
        report.onEnd();
        await (0,promises_.rm)(proxy.logFile, { force: true, maxRetries: 5 });
    }
    judge(proxy, totals, report, env);
}
function judge({ failOnRefusal }, totals, report, env) {
    report.onTotals(totals);
    for (const { text, count } of totals.failures)
        report.warn((0,failures/* refusedRequests */.br)(text, count));
    if (totals.defects > 0)
        throw (0,internal/* internalFailure */.et)(new Error('exchanges'), env);
    const refusals = totals.refusals.map(({ text, count }) => (0,failures/* refusedRequests */.br)(text, count));
    if (!failOnRefusal)
        for (const text of refusals)
            report.warn(text);
    else {
        const [first, ...others] = refusals;
        for (const text of others)
            report.fail(text);
        if (first !== undefined)
            throw new failure/* Failure */.HR(first);
    }
}


/***/ }),

/***/ 45:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Kc: () => (/* binding */ askToQuit),
/* harmony export */   cF: () => (/* binding */ createKey),
/* harmony export */   tI: () => (/* binding */ openQuitPort)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(7030);
/* harmony import */ var node_net__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_net__WEBPACK_IMPORTED_MODULE_1__);


/** 256 bits, in hexadecimal digits. */
function createKey() {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomBytes)(32).toString('hex');
}
/** Long enough for a key, and for a machine that is busy. */
const LONGEST_LINE_BYTES = 128;
const LONGEST_WAIT_MS = 5_000;
/**
 * Listens on a free port of 127.0.0.1. A client that sends the key and a line feed gets the totals as a line of JSON.
 *
 * @param onQuit is called once the totals are on their way
 */
async function openQuitPort(key, totals, onQuit) {
    const expected = Buffer.from(`${key}\n`);
    const server = (0,node_net__WEBPACK_IMPORTED_MODULE_1__.createServer)((socket) => {
        let given = Buffer.alloc(0);
        socket.setTimeout(LONGEST_WAIT_MS, () => socket.destroy());
        socket.on('error', () => undefined);
        socket.on('data', (chunk) => {
            given = Buffer.concat([given, chunk]);
            if (given.length > LONGEST_LINE_BYTES)
                socket.destroy();
            if (given.length !== expected.length || !(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.timingSafeEqual)(given, expected))
                return;
            socket.write(`${JSON.stringify(totals())}\n`, () => {
                // The system closes it when the process is gone, and so the other side sees that it is.
                socket.unref();
                onQuit();
            });
        });
    });
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, resolve);
    });
    const address = server.address();
    if (address === null || typeof address !== 'object')
        throw new Error('no address');
    return { port: address.port, close: () => server.close() };
}
/** Far more than the texts of all failures together. */
const LONGEST_TOTALS = 1024 * 1024;
/**
 * Asks the process to end, and waits until it has ended.
 *
 * @param milliseconds for both together
 */
async function askToQuit(port, key, milliseconds) {
    return await new Promise((resolve) => {
        let given = '';
        let gone = true;
        const socket = (0,node_net__WEBPACK_IMPORTED_MODULE_1__.connect)({ host: '127.0.0.1', port });
        const timer = setTimeout(() => {
            gone = false;
            socket.destroy();
        }, milliseconds);
        socket.setEncoding('utf8');
        socket.once('connect', () => socket.write(`${key}\n`));
        socket.on('data', (text) => {
            given += text;
            if (given.length > LONGEST_TOTALS)
                socket.destroy();
        });
        socket.on('error', () => undefined);
        socket.once('close', () => {
            clearTimeout(timer);
            resolve({ totals: parseTotals(given), gone });
        });
    });
}
/** Only the process that has the key writes this, so that its form is ours. */
function parseTotals(text) {
    return text.endsWith('\n') ? JSON.parse(text) : undefined;
}


/***/ }),

/***/ 7348:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  pM: () => (/* binding */ createPostReport),
  Th: () => (/* binding */ createProxyReport),
  pq: () => (/* binding */ isPostStep),
  un: () => (/* binding */ readState)
});

// EXTERNAL MODULE: ./node_modules/@actions/core/lib/core.js + 14 modules
var core = __nccwpck_require__(9752);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/failure/snippets.ts
var failure_snippets = __nccwpck_require__(1926);
;// CONCATENATED MODULE: ./src/report/annotation.ts


/** The runner cuts longer messages: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs */
const LONGEST = 4096;
/** How many complaints about the inputs an annotation tells; more would bury the first. */
const MOST_COMPLAINTS = 3;
/** The one line that GitHub shows on a run's page: what happened, what to do, the command for it, and where to read more. */
function renderAnnotation({ code, sentence, remedy, snippets = [], details = [] }, link) {
    const command = (0,failure_snippets/* firstCommand */.YC)(snippets);
    const others = code === 'INPUT_INVALID' && details.length <= MOST_COMPLAINTS ? details.slice(1) : [];
    const parts = [
        `${code}:`,
        sentence,
        remedy,
        ...(command === undefined ? [] : [`Run \`${command}\`.`]),
        ...others,
        link
    ];
    const line = parts.join(' ');
    if (line.length <= LONGEST)
        return line;
    const rest = [remedy, link].join(' ');
    return [`${code}:`, (0,safe_text/* safeText */.Hk)(sentence, LONGEST - code.length - rest.length - 3), rest].join(' ');
}

;// CONCATENATED MODULE: ./src/report/markup.ts

/**
 * Words that mean nothing to Markdown, HTML or GitHub: plain ones, numbers, dashes. Seven digits and more could be a commit
 * (https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls).
 */
const PLAIN = /^(?:\p{L}[\p{L}\p{M}]*(?:['’/-]\p{L}[\p{L}\p{M}]*)*|\d{1,6}(?:[.,]\d{1,6})*%?|[–—→·…]|)$/u;
/** A value in double quotes, which may have several words, or else a word; each with the punctuation around it. */
const PIECE = /(\(*)"([^"]+)"([).,;:?!…]*)(?= |$)|([^ ]+)/gu;
/** A word between the punctuation around it. */
const WORD = /^(["'(“‘]*)(.*?)(["')”’.,;:?!…]*)$/u;
/**
 * Text from outside as GitHub Flavored Markdown that shows it and does nothing else: words that could mean something become
 * code. Character references would not do: GitHub looks for e-mail addresses and mentions only after it has resolved them.
 */
function inert(text, maxLength = 300) {
    return markWords((0,safe_text/* safeText */.Hk)(text, maxLength), inertCode);
}
/** The same where HTML stands, as in tables. */
function inertHtml(text, maxLength = 300) {
    return markWords((0,safe_text/* safeText */.Hk)(text, maxLength), inertHtmlCode);
}
/** Text from outside as a code span, in which nothing but backticks means anything (GFM, 6.3). */
function inertCode(text, maxLength = 300) {
    const line = (0,safe_text/* safeText */.Hk)(text, maxLength);
    if (line === '')
        return '';
    const longestRun = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
    const fence = '`'.repeat(longestRun + 1);
    return longestRun === 0 ? `${fence}${line}${fence}` : `${fence} ${line} ${fence}`;
}
/** The same where HTML stands. */
function inertHtmlCode(text, maxLength = 300) {
    const line = encode((0,safe_text/* safeText */.Hk)(text, maxLength));
    return line === '' ? '' : `<code>${line}</code>`;
}
/** Lines as they are, in a block; whatever stands in it is text. */
function inertBlock(text, maxLength) {
    const shown = text.length > maxLength ? `${(0,safe_text/* cutText */.IN)(text, maxLength)}\n…` : text;
    const lines = shown
        .split(/\r\n|[\r\n\u2028\u2029]/)
        // Controls and format characters: they show nothing, or something else than what is there.
        .map((line) => line.replaceAll('\t', '  ').replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '\u00B7'));
    // GFM, 4.6: an HTML block that starts with <pre> ends with </pre> only, so that empty lines may stand in it.
    return `<pre>${encode(lines.join('\n'))}</pre>`;
}
/**
 * A table in HTML. In Markdown, a cell cannot have a backslash before a bar, and every table has a header.
 *
 * @param rows of HTML, the first cell of each being its name
 * @param header empty where there is none
 */
function table(rows, header = []) {
    const head = header.map((title) => `<th align="left">${title}</th>`).join('');
    const body = rows.map(([name = '', ...values]) => {
        const first = header.length === 0 ? `<th align="left">${name}</th>` : `<td>${name}</td>`;
        return `<tr>${first}${values.map((value) => `<td>${value}</td>`).join('')}</tr>`;
    });
    return ['<table>', ...(head === '' ? [] : [`<tr>${head}</tr>`]), ...body, '</table>'].join('\n');
}
/**
 * @param title in HTML: Markdown means nothing there
 * @param content in Markdown
 */
function details(title, content) {
    return `<details><summary>${title}</summary>\n\n${content}\n\n</details>`;
}
/**
 * Puts what is not plain into code. A value in quotes becomes one code span, without the quotes; words that stand side by side
 * share one, unless there is punctuation between them.
 */
function markWords(line, mark) {
    const marked = [];
    let open;
    const close = () => {
        if (open !== undefined)
            marked.push(`${open.before}${mark(open.text, line.length)}${open.after}`);
        open = undefined;
    };
    for (const piece of splitPieces(line)) {
        if (isPlain(piece.text)) {
            close();
            marked.push(`${piece.before}${piece.text}${piece.after}`);
        }
        else if (open !== undefined && !open.isValue && !piece.isValue && open.after + piece.before === '') {
            open = { ...piece, before: open.before, text: `${open.text} ${piece.text}` };
        }
        else {
            close();
            open = piece;
        }
    }
    close();
    return marked.join(' ');
}
function splitPieces(line) {
    return [...line.matchAll(PIECE)].map(([, before = '', value, after = '', word = '']) => {
        if (value === undefined)
            return splitWord(word);
        const quotes = isPlain(value) ? '"' : '';
        return { before: before + quotes, text: value, after: quotes + after, isValue: true };
    });
}
function splitWord(word) {
    const [, before = '', text = '', after = ''] = WORD.exec(word) ?? [];
    // A bracket that was opened within the word belongs to it.
    const closing = after.startsWith(')') && text.split('(').length > text.split(')').length ? ')' : '';
    return { before, text: text + closing, after: after.slice(closing.length), isValue: false };
}
function isPlain(text) {
    return text.split(' ').every((word) => PLAIN.test(splitWord(word).text));
}
/**
 * Within an HTML block only tags and references count (GFM, 4.6), and GitHub leaves code alone. The runner's masks know no
 * other references than these: https://github.com/actions/runner/blob/main/src/Sdk/DTLogging/Logging/ValueEncoders.cs
 */
function encode(text) {
    return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(3024);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure_failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/report/internal.ts
var internal = __nccwpck_require__(9841);
;// CONCATENATED MODULE: ./src/report/command-files.ts




/**
 * Writes into a file of the runner, if the runner names one: otherwise @actions/core would print the values, tokens included.
 * Only into a regular file: writing to a pipe waits for a reader.
 *
 * @throws {Failure} where it cannot be written
 */
function writeCommandFile(env, variable, write) {
    const file = env[variable] ?? '';
    if (file === '')
        return;
    try {
        if (!(0,external_node_fs_.statSync)(file).isFile())
            throw (0,internal/* unwritable */.mP)(variable, 'it is not a regular file');
        write();
    }
    catch (error) {
        if (error instanceof failure_failure/* Failure */.HR)
            throw error;
        const code = (0,safe_text/* codeOf */.$N)(error);
        throw (0,internal/* unwritable */.mP)(variable, code === 'ENOENT' ? 'it does not exist' : `an error of the system (${code})`);
    }
}

;// CONCATENATED MODULE: ./src/report/outputs.ts




/** What the output `body` holds of a body, in bytes of UTF-8. */
const BODY_BYTES = 64 * 1024;
/** The outputs of the root action. */
const OUTPUTS = [
    'id_token',
    'id_tokens',
    'audience',
    'email',
    'expires_at',
    'outcome',
    'failure_code',
    'status',
    'headers',
    'body',
    'attempts',
    'latency_ms'
];
/** @param declared what the action declares; nothing else is written, and no token where `id_token` is not among them */
function createOutputs(env, declared = OUTPUTS) {
    function set(name, value) {
        if (!declared.includes(name))
            return;
        writeCommandFile(env, 'GITHUB_OUTPUT', () => {
            (0,core/* setOutput */.uH)(name, value);
        });
    }
    return {
        setTokens(tokens, variable) {
            const [first] = tokens.values();
            if (first === undefined)
                return;
            const byAudience = Object.fromEntries([...tokens].map(([audience, { jwt }]) => [audience, jwt.reveal()]));
            set('id_token', first.jwt.reveal());
            set('id_tokens', JSON.stringify(byAudience));
            set('audience', first.audience);
            set('email', first.email);
            set('expires_at', new Date(first.expiresAt).toISOString());
            if (variable === undefined || !declared.includes('id_token'))
                return;
            writeCommandFile(env, 'GITHUB_ENV', () => {
                (0,core/* exportVariable */.dN)(variable, first.jwt.reveal());
            });
        },
        setCall(attempts, response) {
            const last = attempts.at(-1);
            set('attempts', attempts.length);
            if (last !== undefined)
                set('latency_ms', last.milliseconds);
            if (response === undefined)
                return;
            set('status', response.status);
            set('headers', JSON.stringify({ ...response.headers, ...response.repeated }));
            set('body', cutBytes(response.text, BODY_BYTES));
        },
        setVerdict(failure) {
            try {
                set('outcome', failure === undefined ? 'success' : 'failure');
                set('failure_code', failure?.text.code ?? '');
                return undefined;
            }
            catch (error) {
                if (error instanceof failure_failure/* Failure */.HR)
                    return error;
                throw error;
            }
        }
    };
}
/** The beginning of a text, not longer than `limit` bytes of UTF-8, and without half a character at its end. */
function cutBytes(text, limit) {
    const { read } = new TextEncoder().encodeInto(text, new Uint8Array(limit));
    return read === text.length ? text : (0,safe_text/* cutText */.IN)(text, read);
}

// EXTERNAL MODULE: ./src/call/verdicts.ts + 2 modules
var call_verdicts = __nccwpck_require__(2007);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
;// CONCATENATED MODULE: ./src/report/summary.ts





/** What a block shows of a body, of claims or of lines to paste, in characters. */
const BLOCK_LENGTH = 2_000;
/** What is shown of a sentence, in characters. */
const PROSE_LENGTH = 2_000;
/** GitHub never wraps a block, but it wraps code within a paragraph; a block of this many characters needs no scrolling. */
const BLOCK_WIDTH = 100;
/** A heading of more characters is more than one line. */
const PLACE_LENGTH = 70;
// GitHub shows no summary of more than 1 MiB (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
const MOST_AUDIENCES = 10;
const MOST_VERDICTS = 50;
/** With more bars the diagram is too long. */
const MOST_BARS = 20;
/** Bars that are narrower than this part of the whole cannot be seen. */
const NARROWEST_BAR = 0.01;
/** How the axis of a diagram is divided, up to a length in milliseconds: about ten ticks at most, each with a label of its own. */
const AXES = [
    [2_000, '200millisecond', '%-S.%L s'],
    [10_000, '1second', '%-S s'],
    [100_000, '10second', '%M:%S'],
    [600_000, '1minute', '%M:%S'],
    [6_000_000, '10minute', '%H:%M h'],
    [Number.POSITIVE_INFINITY, '1hour', '%H:%M h']
];
/**
 * The job summary in GitHub Flavored Markdown; whatever came from outside is inert in it.
 *
 * @param link to the failure's heading in the documentation
 */
function renderSummary(record, failure, link) {
    const verdicts = tabulatedVerdicts(record, failure);
    const headline = `### ${failure === undefined ? '✅' : '❌'} ${nameVerdict(record, failure)}`;
    const sections = [
        headline,
        failure === undefined ? '' : renderFailure(failure, link, record.result?.response?.verdicts ?? []),
        renderFacts(record, failure, [headline, failure?.sentence, ...verdicts.map(({ actual }) => actual)].join(' ')),
        renderVerdicts(verdicts, failure !== undefined),
        renderAttempts(record.attempts ?? []),
        renderClaims(record),
        // After a success the body of a private service is not shown: all who can read the run could read it.
        failure === undefined ? '' : renderBody(record.result)
    ];
    return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}
/** What a token is called, by its kind. */
function nameTokens(kind, count) {
    const plural = count === 1 ? '' : 's';
    return kind === 'iap_jwt' ? `signed JWT${plural} for Identity-Aware Proxy` : `ID token${plural}`;
}
/**
 * What the table of expectations shows. Where the application never answered there is nothing to hold against them; a status
 * that was expected is in the headline or among the facts, and alone needs no table.
 */
function tabulatedVerdicts({ result }, failure) {
    const { responder, verdicts = [] } = result?.response ?? {};
    const [status, ...others] = verdicts;
    if (status === undefined || (failure !== undefined && responder !== 'application'))
        return [];
    return status.met || others.length === 0 ? others : verdicts;
}
/** The verdict, and where. */
function nameVerdict({ inputs, tokens, result }, failure) {
    const url = inputs?.call?.url;
    const place = url === undefined ? '' : `: ${inertCode(url.host + url.pathname, PLACE_LENGTH)}`;
    if (failure !== undefined)
        return `${failure.code}${place}`;
    if (result?.response !== undefined)
        return `${(0,outcome/* describeStatus */.Wn)(result.response.status)}, as expected${place}`;
    const count = tokens?.size ?? 0;
    return count === 1 ? `${nameTokens(inputs?.token, 1)} issued` : `${count} ${nameTokens(inputs?.token, count)} issued`;
}
/** @param verdicts for which there is a table: the failure's details have them for the log */
function renderFailure(failure, link, verdicts) {
    const { code, sentence, cause, remedy, snippets = [], answer, details: facts = [] } = failure;
    const tabulated = new Set(verdicts.map(call_verdicts/* describeVerdict */.XZ));
    return [
        `**${inert(failure_failure/* FAILURES */.EM[code])}.** ${renderSentence(sentence, verdicts)}`,
        cause === undefined ? '' : `**Likely cause:** ${inert(cause, PROSE_LENGTH)}`,
        `**Remedy:** ${inert(remedy, PROSE_LENGTH)}`,
        ...snippets.map((snippet) => `${inert(snippet.place)}:\n\n${renderLines(snippet)}`),
        link.startsWith('https://') ? `[More about ${code}](${encodeURI(link)})` : '',
        answer === undefined ? '' : `**The answer was:** ${inertCode(answer)}`,
        renderDetails(facts.filter((fact) => !tabulated.has(fact)))
    ]
        .filter((part) => part !== '')
        .join('\n\n');
}
/** Facts of one line each: a sentence alone wraps. */
function renderDetails(facts) {
    if (facts.length === 0)
        return '';
    return facts.length === 1 ? inert(facts.join(''), PROSE_LENGTH) : inertBlock(facts.join('\n'), BLOCK_LENGTH);
}
/** A sentence; where it says that an expectation was missed, the expectation is one piece of code, and what was found another. */
function renderSentence(sentence, verdicts) {
    let rest = sentence;
    let shown = '';
    for (const verdict of verdicts.filter(({ met }) => !met)) {
        const miss = (0,call_verdicts/* describeMiss */.gx)(verdict);
        const start = rest.indexOf(miss);
        if (start === -1)
            continue;
        const expected = inertCode(verdict.expectation, PROSE_LENGTH);
        shown += `${inert(rest.slice(0, start), PROSE_LENGTH)} expected ${expected}, found ${inertCode(verdict.actual, PROSE_LENGTH)}`;
        rest = rest.slice(start + miss.length);
    }
    return `${shown}${shown !== '' && rest.startsWith(' ') ? ' ' : ''}${inert(rest, PROSE_LENGTH)}`;
}
/** Lines to paste or to compare: long ones wrap, and what has a shape keeps it. */
function renderLines({ language, lines }) {
    const text = lines.join('\n');
    const hasShape = language === 'yaml' || language === 'json' || lines.some((line) => /^\s|\\$/.test(line));
    const wraps = !hasShape && text.length <= BLOCK_LENGTH && lines.some(({ length }) => length > BLOCK_WIDTH);
    return wraps ? lines.map((line) => inertCode(line, BLOCK_LENGTH)).join('<br>\n') : inertBlock(text, BLOCK_LENGTH);
}
/** @param told what the summary says elsewhere: a status there is not repeated */
function renderFacts(record, failure, told) {
    const { inputs, identity, tokens, attempts = [] } = record;
    const [token] = tokens?.values() ?? [];
    const call = inputs?.call;
    const last = attempts.at(-1);
    const wanted = identity?.impersonations.at(-1)?.account ?? identity?.credential.account;
    const isStatusTold = last?.status !== undefined && new RegExp(`\\b${last.status}\\b`).test(told);
    const rows = [
        ['Service', call && `${call.method} ${inertHtmlCode((0,safe_text/* safeUrl */.Pl)(call.url))}`],
        ['Tag', inertHtmlCode(call?.tag ?? '')],
        ['Audience', inputs && describeAudiences(inputs, tokens)],
        ['Identity', inertHtmlCode(token?.email ?? '')],
        ['Service account (wanted)', token === undefined ? inertHtmlCode(wanted ?? '') : ''],
        ['Credential', identity && inertHtml(identity.credential.description)],
        ['Status', isStatusTold ? '' : describeLast(record, last)],
        ['Attempts', last && `${last.number}${attempts.length < 2 ? '' : `, in ${describeDuration(endOf(last))}`}`],
        ['Latency', last && describeDuration(last.milliseconds)],
        ['Private', describePrivacy(record.isPrivate, failure)],
        ['Token&nbsp;expires', token && describeTime(token.expiresAt)]
    ];
    const known = rows.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
    return known.length === 0 ? '' : table(known);
}
function describeAudiences({ audiences, audienceDerived }, tokens) {
    const lines = audiences.slice(0, MOST_AUDIENCES).map((audience) => {
        const own = tokens?.get(audience)?.audience ?? audience;
        const source = audienceDerived ? 'derived from the URL' : 'as set in the workflow';
        const other = own === audience ? '' : `; the token itself is for ${inertHtmlCode(own)}`;
        return `${inertHtmlCode(audience)} (${source}${other})`;
    });
    const more = audiences.length - lines.length;
    return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('<br>');
}
/** The status of the last attempt, or what came instead; then also the status before. */
function describeLast({ result }, last) {
    const { status } = result?.response ?? {};
    if (status === undefined || last === undefined)
        return last?.label;
    return last.status === undefined ? `${last.label}; before it ${(0,outcome/* describeStatus */.Wn)(status)}` : (0,outcome/* describeStatus */.Wn)(status);
}
function describePrivacy(isPrivate, failure) {
    if (failure?.code === 'NOT_PRIVATE')
        return '❌ Google did not refuse a call without a token';
    return isPrivate === true ? '✅ Google refused a call without a token' : '';
}
function describeTime(milliseconds) {
    return new Date(milliseconds)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, ' UTC');
}
/** @param withActual whether what was found is shown: it may be a piece of the body, and where all is well it is not needed */
function renderVerdicts(verdicts, withActual) {
    if (verdicts.length === 0)
        return '';
    const all = verdicts.length <= MOST_VERDICTS;
    // If there are too many to show, the missed ones come first.
    const shown = all ? verdicts : verdicts.toSorted((a, b) => Number(a.met) - Number(b.met)).slice(0, MOST_VERDICTS);
    const rows = shown.map(({ expectation, met, actual }) => [
        met ? '✅' : '❌',
        inertHtmlCode(expectation),
        ...(withActual ? [inertHtmlCode(actual)] : [])
    ]);
    const more = all ? [] : [['…', `${verdicts.length - MOST_VERDICTS} more`, ...(withActual ? [''] : [])]];
    return table([...rows, ...more], ['', 'Expectation', ...(withActual ? ['Actual'] : [])]);
}
/**
 * When each attempt was under way, and why it was not the last. The labels are our own words, without colons: Mermaid has a
 * syntax of its own (https://mermaid.js.org/syntax/gantt.html), into which no answer may write.
 */
function renderAttempts(attempts) {
    const last = attempts.at(-1);
    if (last === undefined || attempts.length < 2)
        return '';
    const lengthMs = Math.max(1, endOf(last));
    const [, interval, format] = AXES.find(([limit]) => lengthMs <= limit) ?? ['', '1hour', '%H:%M h'];
    const drawBar = (name, kind, startMs, endMs) => {
        // Without a time zone: Mermaid takes and shows local times, so that everybody sees the axis start at zero.
        const start = new Date(startMs).toISOString().replace('Z', '');
        return `  ${name} :${kind}, ${start}, ${Math.ceil(Math.max(endMs - startMs, lengthMs * NARROWEST_BAR))}ms`;
    };
    const drawAttempt = (attempt) => {
        const { number, label, why, milliseconds, passed, startedMs } = attempt;
        return drawBar(`${passed ? '✅' : '❌'} ${number} – ${label}, ${describeDuration(milliseconds)}${why === undefined ? '' : ` – ${why}`}`, passed ? 'active' : 'crit', startedMs, endOf(attempt));
    };
    const shown = attempts.length <= MOST_BARS ? attempts.length : MOST_BARS / 2;
    const rest = attempts.slice(shown);
    const omitted = rest.slice(0, -shown);
    const [from, to] = [omitted[0], omitted.at(-1)];
    return [
        '```mermaid',
        'gantt',
        '  title Attempts',
        '  dateFormat YYYY-MM-DDTHH:mm:ss.SSS',
        `  axisFormat ${format}`,
        `  tickInterval ${interval}`,
        ...attempts.slice(0, shown).map(drawAttempt),
        ...(from && to ? [drawBar(`${omitted.length} more`, 'done', from.startedMs, endOf(to))] : []),
        ...rest.slice(-shown).map(drawAttempt),
        '```'
    ].join('\n');
}
function renderClaims({ tokens }) {
    return [...(tokens?.values() ?? [])]
        .slice(0, MOST_AUDIENCES)
        .map(({ audience, claims }) => details(`Claims of the token for ${inertHtmlCode(audience)}`, inertBlock(JSON.stringify(claims, undefined, 2), BLOCK_LENGTH)))
        .join('\n\n');
}
function renderBody(result) {
    const text = result?.response?.text ?? '';
    if (text.trim() === '')
        return '';
    return details(text.length > BLOCK_LENGTH ? 'Beginning of the body of the last answer' : 'Body of the last answer', inertBlock(text, BLOCK_LENGTH));
}
function endOf({ startedMs, milliseconds }) {
    return startedMs + milliseconds;
}
function describeDuration(milliseconds) {
    if (milliseconds < 1_000)
        return `${milliseconds} ms`;
    return milliseconds < 100_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : `${(milliseconds / 60_000).toFixed(1)} min`;
}

;// CONCATENATED MODULE: ./src/report/report.ts








/** @param declared the outputs of the action, where they are not those of the root action */
function createReport(env, declared) {
    const outputs = createOutputs(env, declared);
    let run = {};
    return {
        info: core/* info */.pq,
        warn: (line) => {
            (0,core/* warning */.$e)(line);
        },
        onInputs(inputs) {
            run = { ...run, inputs };
        },
        onIdentity(identity) {
            run = { ...run, identity };
            (0,core/* info */.pq)(`Identity: ${describeIdentity(identity)}`);
        },
        onTokens(tokens, now) {
            run = { ...run, tokens };
            outputs.setTokens(tokens, run.inputs?.exportEnv);
            for (const [audience, token] of tokens) {
                (0,core/* info */.pq)(`Audience: ${(0,safe_text/* safeText */.Hk)(audience)} (${run.inputs?.audienceDerived === true ? 'derived from url' : 'as set'})`);
                (0,core/* info */.pq)(describeToken(token, now));
            }
        },
        onPrivate() {
            run = { ...run, isPrivate: true };
            (0,core/* info */.pq)('Private: Google refused a call without a token');
        },
        onAttempt(record) {
            run = { ...run, attempts: [...(run.attempts ?? []), record] };
            const { number, description, milliseconds, next } = record;
            (0,core/* info */.pq)(`Attempt ${number}: ${describeCall(run.inputs?.call)}: ${description}, in ${milliseconds} ms; ${next}`);
        },
        onCall(result) {
            run = { ...run, result };
            const renewed = replaceFirst(run.tokens, result.token);
            if (renewed !== undefined)
                outputs.setTokens(renewed, run.inputs?.exportEnv);
            outputs.setCall(run.attempts ?? [], result.response);
            const { accepted = false, verdicts = [] } = result.response ?? {};
            if (accepted)
                (0,core/* info */.pq)(`As expected: ${verdicts.map(({ expectation }) => expectation).join('; ')}`);
        },
        async finish(failure, options = { summary: true }) {
            const unwritten = outputs.setVerdict(failure);
            const verdict = failure ?? unwritten;
            if (verdict !== undefined)
                reportFailure(verdict.text, env);
            if (options.summary)
                await writeSummary(run, verdict?.text, env);
            return unwritten === undefined;
        },
        unwritable() {
            reportFailure((0,internal/* unreported */.B8)(env).text, env);
        },
        onDefect(error) {
            if (!(error instanceof Error))
                return;
            // The message stays out: it may hold anything.
            for (const line of (error.stack ?? '').split('\n'))
                if (/^ {4}at /.test(line))
                    (0,core/* debug */.Yz)((0,safe_text/* safeText */.Hk)(line));
        }
    };
}
/** The tokens with another one for the first audience; undefined where it is the same. */
function replaceFirst(tokens, token) {
    const [first, ...others] = tokens ?? [];
    return first === undefined || first[1].jwt === token.jwt ? undefined : new Map([[first[0], token], ...others]);
}
function describeCall(call) {
    return call === undefined ? '' : `${call.method} ${(0,safe_text/* safeUrl */.Pl)(call.url)}`;
}
function describeIdentity({ credential, impersonations }) {
    const chain = impersonations.flatMap(({ account, delegates }) => [...delegates, account]);
    return (0,safe_text/* safeText */.Hk)([credential.description, ...chain].join(' → '), 500);
}
function describeToken(token, now) {
    const minutes = Math.round((token.expiresAt - now) / 60_000);
    const who = token.email === '' ? '' : ` of ${(0,safe_text/* safeText */.Hk)(token.email)}`;
    return `${nameTokens(token.kind, 1)}${who}, valid for ${minutes} min, until ${new Date(token.expiresAt).toISOString()}`;
}
/** One line for the annotation; below it in the log whatever helps to fix it. */
function reportFailure(failure, env) {
    const { code, remedy } = failure;
    (0,core/* error */.z3)(renderAnnotation(failure, troubleshootingLink(code, env)), {
        title: `google-id-token: ${failure_failure/* FAILURES */.EM[code]}`
    });
    if (failure.cause !== undefined)
        (0,core/* info */.pq)(`Likely cause: ${failure.cause}`);
    (0,core/* info */.pq)(`Remedy: ${remedy}`);
    for (const { place, lines } of failure.snippets ?? []) {
        (0,core/* info */.pq)(`${place}:`);
        for (const line of lines)
            (0,core/* info */.pq)(`    ${line}`);
    }
    if (failure.answer !== undefined)
        (0,core/* info */.pq)(`The answer was: ${failure.answer}`);
    for (const line of failure.details ?? [])
        (0,core/* info */.pq)(`  ${line}`);
}
/** The heading of a failure, in the repository and at the version that runs; a bare path where the runner names neither. */
function troubleshootingLink(code, env) {
    const path = `docs/troubleshooting.md#${code}`;
    const repository = env['GITHUB_ACTION_REPOSITORY'] ?? '';
    const ref = env['GITHUB_ACTION_REF'] ?? '';
    if (repository === '' || ref === '')
        return path;
    return `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${repository}/blob/${ref}/${path}`;
}
/** A summary that cannot be written is no failure. */
async function addToSummary(env, render) {
    try {
        let text;
        writeCommandFile(env, 'GITHUB_STEP_SUMMARY', () => {
            text = render();
        });
        if (text !== undefined)
            await core/* summary */.z.addRaw(text, true).write();
    }
    catch {
        (0,core/* warning */.$e)('The job summary could not be written.');
    }
}
async function writeSummary(run, failure, env) {
    // Without inputs, the author has not switched the summary off.
    if (run.inputs?.summary === false)
        return;
    await addToSummary(env, () => renderSummary(run, failure, failure === undefined ? '' : troubleshootingLink(failure.code, env)));
}

;// CONCATENATED MODULE: ./src/proxy/report.ts






/** The outputs of the proxy. None of them is a token. */
const report_OUTPUTS = ['url', 'port', 'audience', 'email', 'outcome', 'failure_code'];
/** The name under which the state of this action knows the process. */
const STATE = 'proxy';
const PHASE = 'phase';
function createProxyReport(env) {
    const report = createReport(env, report_OUTPUTS);
    return {
        ...report,
        onStart() {
            writeCommandFile(env, 'GITHUB_STATE', () => {
                (0,core/* saveState */.LZ)(PHASE, 'post');
            });
        },
        onReady({ exportUrl, url: service }, proxy) {
            const { url } = proxy;
            writeCommandFile(env, 'GITHUB_STATE', () => {
                (0,core/* saveState */.LZ)(STATE, proxy);
            });
            writeCommandFile(env, 'GITHUB_OUTPUT', () => {
                (0,core/* setOutput */.uH)('url', url);
                (0,core/* setOutput */.uH)('port', new URL(url).port);
            });
            if (exportUrl !== undefined) {
                writeCommandFile(env, 'GITHUB_ENV', () => {
                    (0,core/* exportVariable */.dN)(exportUrl, url);
                });
            }
            (0,core/* info */.pq)(`Proxy: ${url} passes requests on to ${(0,safe_text/* safeUrl */.Pl)(service)}, each with a token; it ends with the job`);
        },
        async finish(failure) {
            // The post step tells in its summary what became of the proxy.
            return await report.finish(failure, { summary: failure !== undefined });
        }
    };
}
/** Whether this is the post step. */
function isPostStep(env) {
    return env[`STATE_${PHASE}`] === 'post';
}
/**
 * The process that the step has started, from the state of the action.
 *
 * @returns undefined where there is none
 */
function readState(env) {
    const text = env[`STATE_${STATE}`] ?? '';
    return text === '' ? undefined : JSON.parse(text);
}
function createPostReport(env) {
    const { onDefect, unwritable } = createReport(env, []);
    let proxy;
    let totals;
    return {
        onDefect,
        unwritable,
        onProxy(running) {
            proxy = running;
        },
        onEnd() {
            writeCommandFile(env, 'GITHUB_STATE', () => {
                (0,core/* saveState */.LZ)(STATE, '');
            });
        },
        onTotals(given) {
            totals = given;
            if (proxy === undefined)
                return;
            (0,core/* info */.pq)(`Proxy for ${(0,safe_text/* safeUrl */.Pl)(new URL(proxy.service))}:`);
            for (const [name, value] of listFacts(given))
                (0,core/* info */.pq)(`  ${name}: ${value}`);
        },
        warn(failure) {
            (0,core/* warning */.$e)(renderAnnotation(failure, troubleshootingLink(failure.code, env)));
        },
        fail(failure) {
            reportFailure(failure, env);
        },
        async finish(failure) {
            if (failure !== undefined)
                reportFailure(failure.text, env);
            const [running, counted] = [proxy, totals];
            if (running?.summary === true && counted !== undefined)
                await addToSummary(env, () => report_renderSummary(running, counted, failure));
            return true;
        }
    };
}
/** The facts in plain words of our own; a path is the only text from outside. */
function listFacts(totals) {
    const { classes, refusals, failures, rejected, renewals, bytesSent, bytesReceived, slowest } = totals;
    const counted = Object.entries(classes).toSorted(([one], [other]) => (one < other ? -1 : 1));
    const count = (group) => group.map((each) => `${each.count} × ${each.text.code}`).join(', ');
    const facts = [
        [
            'Requests',
            counted.map(([name, number]) => `${number} × ${name === 'none' ? 'no answer' : name}`).join(', ') || 'none'
        ],
        ['Refused by Google', count(refusals)],
        ['Not answered by the service', count(failures)],
        ['Not passed on', rejected === 0 ? '' : `${rejected}, see the text of their answers`],
        ['Token renewals', `${renewals}`],
        ['Sent', describeBytes(bytesSent)],
        ['Received', describeBytes(bytesReceived)],
        ['Slowest', slowest === undefined ? '' : `${slowest.milliseconds} ms, ${slowest.method} ${slowest.path}`]
    ];
    return facts.filter(([, value]) => value !== '');
}
function report_renderSummary({ service }, totals, failure) {
    const verdict = failure === undefined ? '✅ Proxy' : `❌ ${failure.text.code}`;
    return [
        `### ${verdict} for ${inert((0,safe_text/* safeUrl */.Pl)(new URL(service)))}`,
        ...(failure === undefined ? [] : [`${inert(failure.text.sentence, 500)} ${inert(failure.text.remedy, 500)}`]),
        table(listFacts(totals).map(([name, value]) => [name, inertHtmlCode(value)]))
    ].join('\n\n');
}
function describeBytes(bytes) {
    const units = ['bytes', 'kB', 'MB', 'GB'];
    const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
    return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${units[power] ?? ''}`;
}


/***/ }),

/***/ 2234:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  n: () => (/* binding */ start)
});

// UNUSED EXPORTS: withoutSecrets

// EXTERNAL MODULE: external "node:child_process"
var external_node_child_process_ = __nccwpck_require__(1421);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __nccwpck_require__(7598);
// EXTERNAL MODULE: external "node:events"
var external_node_events_ = __nccwpck_require__(8474);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __nccwpck_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __nccwpck_require__(1455);
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __nccwpck_require__(6760);
var external_node_path_default = /*#__PURE__*/__nccwpck_require__.n(external_node_path_);
// EXTERNAL MODULE: external "node:process"
var external_node_process_ = __nccwpck_require__(1708);
var external_node_process_default = /*#__PURE__*/__nccwpck_require__.n(external_node_process_);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure_failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/failure/snippets.ts
var snippets = __nccwpck_require__(1926);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/inputs/service-url.ts
var service_url = __nccwpck_require__(7306);
// EXTERNAL MODULE: ./src/call/failures/front-end.ts
var front_end = __nccwpck_require__(605);
// EXTERNAL MODULE: ./src/call/failures/gcloud.ts
var gcloud = __nccwpck_require__(3834);
;// CONCATENATED MODULE: ./src/call/failures/cloud-run-service.ts






/** The failures about which the service itself can tell more than its answer does; a sentence is what the look-up adds. */
const CAUSES = {
    EXPECTATION_FAILED: [
        { when: ({ trouble }) => trouble !== undefined, explain: newestNotReady },
        { when: isOfOlderRevision, explain: tagOfOlderRevision },
        { when: (facts) => facts.tag === undefined && isPinned(facts), explain: pinnedTraffic },
        { when: ({ isRollingOut }) => isRollingOut, explain: rolloutUnfinished },
        { when: ({ tag, served }) => tag === undefined && served.length > 1, explain: splitTraffic },
        { when: () => true, explain: newestAnswers }
    ],
    NOT_REACHED: [
        { when: ({ tag, tags }) => tag !== undefined && !tags.some((each) => each.tag === tag), explain: noSuchTag },
        { when: ({ isDefaultUrlOff }) => isDefaultUrlOff, explain: defaultUrlOff },
        { when: ({ ingress }) => ingress !== 'all', explain: closedIngress },
        { when: ({ url }) => (0,service_url/* findReservation */.kp)(url) !== undefined, explain: reservedPath },
        { when: () => true, explain: openToAll }
    ],
    TOKEN_REJECTED: [
        { when: ({ audiences, audience }) => !audiences.includes(audience), explain: otherAudiences },
        { when: () => true, explain: acceptedAudience }
    ],
    NOT_PRIVATE: [
        { when: ({ isInvokerCheckOff }) => isInvokerCheckOff, explain: invokerCheckOff },
        { when: () => true, explain: publicInvokers }
    ],
    SERVICE_UNAVAILABLE: [
        { when: ({ trouble }) => trouble !== undefined, explain: newestNotReady },
        { when: ({ isRollingOut }) => isRollingOut, explain: rolloutUnfinished },
        { when: () => true, explain: readyService }
    ]
};
/** Whether the Admin API can say more about a failure. */
function isLookedUp(code) {
    return code in CAUSES;
}
/** The same failure with facts in the place of guesses. Its code never changes. */
function withFacts(failure, lookUp, lookedUp) {
    const { text } = failure;
    if (lookUp.kind === 'unknown')
        return new failure_failure/* Failure */.HR({ ...text, details: [...(text.details ?? []), askForViewer(lookUp.principal, lookedUp)] });
    const found = lookUp.kind === 'missing' ? missing(text.code, lookedUp) : explain(text.code, lookUp.service, lookedUp);
    if (found === undefined)
        return failure;
    const { code, sentence, happened = sentence, answer, details } = text;
    return new failure_failure/* Failure */.HR({ code, answer, details, ...found, sentence: `${happened} ${found.sentence}` });
}
function explain(code, service, { call, audience }) {
    const { url, tag } = call;
    const { name, flags } = (0,gcloud/* describeTarget */.ff)(url);
    return CAUSES[code] && (0,failure_failure/* explainBy */.H$)(CAUSES[code], { ...service, url, tag, audience, name, flags });
}
/** Google tells a caller with the right to see it that there is none. It explains a 404, and nothing else. */
function missing(code, { named: { name, region, project } }) {
    if (code !== 'NOT_REACHED')
        return undefined;
    return {
        sentence: `Project ${project} has no service ${name} in ${region}.`,
        cause: 'The Cloud Run Admin API knows no such service: it was deleted, or url has another name, region or project.',
        remedy: 'Set url to the URL of a service that exists.',
        snippets: [(0,snippets/* inTerminal */.e5)('see the services', `gcloud run services list --project=${(0,snippets/* projectById */.k_)(project)}`)]
    };
}
/** One line for those who want facts, and nothing more: without the right to look, the guesses stay. */
function askForViewer(principal, { named: { name } }) {
    return `Why ${name} answers so could not be looked up: grant roles/run.viewer on it${principal === undefined ? '' : ` to ${(0,safe_text/* safeText */.Hk)(principal)}`}, and this step says it.`;
}
function isPinned({ followsNewest, newestReady, served }) {
    return !followsNewest && served.length > 0 && !served.some(({ revision }) => revision === newestReady);
}
function isOfOlderRevision({ tags, newestReady, tag }) {
    const tagged = tags.find((each) => each.tag === tag);
    return tagged !== undefined && newestReady !== undefined && tagged.revision !== newestReady;
}
function newestNotReady({ newest, trouble = '', name, flags, url }) {
    return {
        sentence: `The newest revision${newest === undefined ? '' : ` ${newest}`} of ${name} is not ready: ${trouble.replace(/\.+$/, '')}.`,
        cause: 'Cloud Run could not start that revision, so that another revision answers, or none.',
        remedy: `Fix what keeps ${newest ?? 'the newest revision'} from starting, and deploy again.`,
        snippets: [
            (0,gcloud/* showLog */.cS)(url),
            (0,snippets/* inTerminal */.e5)('see the revision', `gcloud run revisions describe ${newest ?? 'REVISION'}${flags}`)
        ]
    };
}
function tagOfOlderRevision({ tags, newestReady = '', tag = '', url }) {
    const revision = tags.find((each) => each.tag === tag)?.revision ?? '';
    return {
        sentence: `The tag ${tag} leads to ${revision}; the newest revision is ${newestReady}.`,
        cause: `The deployment of ${newestReady} did not move the tag.`,
        remedy: `Move the tag ${tag} to ${newestReady}, or deploy with --tag=${tag}.`,
        snippets: [moveTag(url, tag, newestReady)]
    };
}
function pinnedTraffic({ served, newestReady = 'the newest one', name, url }) {
    const revisions = served.map(({ revision }) => revision).join(', ');
    return {
        sentence: `All traffic of ${name} is pinned to ${revisions}; the newest revision ${newestReady} gets none.`,
        cause: 'A rollback, or a deployment with --no-traffic, pinned the traffic; later revisions get none until it is released.',
        remedy: `Send the traffic of ${name} to the newest revision.`,
        snippets: [(0,snippets/* inTerminal */.e5)('release the traffic', trafficCommand(url, '--to-latest'))]
    };
}
function rolloutUnfinished({ newest = 'of the last change', name, flags }) {
    return {
        sentence: `The rollout of ${newest} is not finished.`,
        cause: 'Cloud Run is still carrying out the last change, so that the revision before it answers.',
        remedy: 'Raise deadline, so that the call is repeated until the new revision answers.',
        snippets: [
            (0,snippets/* inStep */.qg)('deadline: 10m'),
            (0,snippets/* inTerminal */.e5)('see how far it is', `gcloud run services describe ${name}${flags} --format="yaml(status.conditions)"`)
        ]
    };
}
function splitTraffic({ served, newestReady, name, url }) {
    const shares = served.map(({ revision, percent }) => `${revision} ${percent}%`).join(', ');
    return {
        sentence: `The traffic of ${name} is split: ${shares}.`,
        cause: 'Each call reaches one of these revisions by chance.',
        remedy: 'Call one revision by a traffic tag (input tag), or send all traffic to one revision.',
        snippets: [moveTag(url, 'smoke', newestReady), (0,snippets/* inStep */.qg)('tag: smoke')]
    };
}
function newestAnswers({ newestReady = 'the newest revision', tag, url }) {
    const who = tag === undefined ? `all traffic goes to ${newestReady}` : `the tag ${tag} leads to ${newestReady}`;
    return {
        sentence: `No old revision answers: ${who}, the newest revision, which is ready.`,
        cause: `The answer is that of ${newestReady} itself.`,
        remedy: "Look at the service's log, or correct the expectation.",
        snippets: (0,gcloud/* showLog */.cS)(url)
    };
}
function noSuchTag({ tags, newestReady, name, tag = '', url }) {
    const known = tags.map((each) => each.tag).join(', ');
    return {
        sentence: `The service ${name} has no traffic tag ${tag}${known === '' ? '' : `; its tags are ${known}`}.`,
        cause: 'The tag was never set, was removed, or is misspelled.',
        remedy: `Set the tag ${tag} on a revision, or correct the input tag.`,
        snippets: [moveTag(url, tag, newestReady)]
    };
}
function defaultUrlOff({ name, url }) {
    return {
        sentence: `The default run.app URL of ${name} is disabled.`,
        cause: 'The service is to be called by its own domain or load balancer only.',
        remedy: `Set url to the domain of ${name}, and audience to the run.app URL or a custom audience; or enable the default URL.`,
        snippets: [(0,snippets/* inTerminal */.e5)('enable the default URL', (0,gcloud/* updateCommand */.hi)(url, '--default-url', 'beta '))]
    };
}
function closedIngress({ ingress, name, url }) {
    return {
        sentence: `The ingress of ${name} admits ${ingress} traffic only.`,
        cause: 'A hosted runner calls from the internet, which this setting keeps out, whatever token it has.',
        remedy: 'Run the step on a network that the ingress admits, call the load balancer, or open the ingress; the invoker check stays.',
        snippets: [(0,snippets/* inTerminal */.e5)('open the ingress', (0,gcloud/* updateCommand */.hi)(url, '--ingress=all'))]
    };
}
function reservedPath({ url }) {
    return {
        sentence: `The service exists, its default URL is on and its ingress is open: the path ${(0,safe_text/* safeText */.Hk)(url.pathname)} is reserved by Google on *.run.app.`,
        ...(0,front_end/* adviseOtherPath */.G9)(url)
    };
}
function openToAll({ url }) {
    return {
        sentence: 'The service exists, its default URL is on and its ingress is open.',
        remedy: 'Run the job again in a minute, because a new URL is not known everywhere at once; if the 404 stays, ask an administrator about VPC Service Controls.',
        snippets: (0,gcloud/* describeService */.Jv)(url)
    };
}
function otherAudiences({ audiences, audience, name, url }) {
    const [best] = audiences;
    return {
        sentence: `The service ${name} accepts the audiences ${audiences.slice(0, 5).join(', ') || '(none)'}, and the token is for ${(0,safe_text/* safeText */.Hk)(audience)}.`,
        cause: 'The audience of a token must be one of the URLs or custom audiences of the service.',
        remedy: best === undefined ? `Give ${name} a custom audience.` : `Set audience to ${best}.`,
        snippets: best === undefined
            ? [(0,snippets/* inTerminal */.e5)('add the audience', (0,gcloud/* updateCommand */.hi)(url, `--add-custom-audiences=${(0,snippets/* shellWord */.r7)(audience)}`))]
            : [(0,snippets/* inStep */.qg)(`audience: ${best}`)]
    };
}
function acceptedAudience({ audience, name, url }) {
    return {
        sentence: `The audience ${(0,safe_text/* safeText */.Hk)(audience)} is one that ${name} accepts, so that the audience is not the cause.`,
        cause: 'Something before the service takes the token out or replaces it, or Google has not caught up with a change of the last minutes.',
        remedy: 'Run the job again; if the refusal stays, see what stands between this machine and the service.',
        snippets: (0,gcloud/* describeService */.Jv)(url)
    };
}
function invokerCheckOff({ name, url }) {
    return {
        sentence: `The invoker IAM check of ${name} is disabled.`,
        cause: 'While the check is disabled, callers need no roles/run.invoker: the policy of the service is not asked.',
        remedy: `Turn the invoker IAM check of ${name} on.`,
        snippets: [(0,snippets/* inTerminal */.e5)('turn the check on', (0,gcloud/* updateCommand */.hi)(url, '--invoker-iam-check'))]
    };
}
function publicInvokers({ name, url }) {
    return {
        sentence: `The invoker IAM check of ${name} is on, so that allUsers has roles/run.invoker.`,
        cause: 'A binding on the service, its project or a folder above admits all callers.',
        remedy: `Remove allUsers from roles/run.invoker on ${name}.`,
        snippets: [(0,snippets/* inTerminal */.e5)('remove allUsers', (0,gcloud/* updateInvokers */.HC)(url, 'remove', 'allUsers'))]
    };
}
function readyService({ newestReady = 'its newest revision', url }) {
    return {
        sentence: `Cloud Run calls the service ready, with ${newestReady} as its newest revision.`,
        cause: 'The instances fail or are too few while they serve; the deployment itself went well.',
        remedy: "Look at the service's log.",
        snippets: (0,gcloud/* showLog */.cS)(url)
    };
}
function moveTag(url, tag, revision = 'REVISION') {
    return (0,snippets/* inTerminal */.e5)('set the tag', trafficCommand(url, `--update-tags=${(0,snippets/* shellWord */.r7)(`${tag}=${revision}`)}`));
}
function trafficCommand(url, flag) {
    const { name, flags } = (0,gcloud/* describeTarget */.ff)(url);
    return `gcloud run services update-traffic ${name}${flags} ${flag}`;
}

// EXTERNAL MODULE: ./src/call/cloud-run-service.ts
var cloud_run_service = __nccwpck_require__(5475);
;// CONCATENATED MODULE: ./src/call/look-up.ts


/** A tenth of the deadline, and no more than this, is kept for a look-up. */
const LONGEST_LOOK_UP_MS = 3_000;
/** The step for everything before a look-up: its time ends early enough for one, where the URL names a service. */
function look_up_leaveTimeForLookUp(step, call, deadlineMs) {
    if ((0,cloud_run_service/* nameRunService */.KR)(call.url) === undefined)
        return step;
    const kept = Math.min(LONGEST_LOOK_UP_MS, Math.floor(deadlineMs / 10));
    return { ...step, timeLeft: () => Math.max(0, step.timeLeft() - kept) };
}
/**
 * Puts facts in the place of guesses, where the service itself can tell: after a failure whose answer leaves the cause open,
 * of a service that its URL names. The code of the failure stays.
 */
async function look_up_explainByLookUp(step, failure, run) {
    const named = (0,cloud_run_service/* nameRunService */.KR)(run.call.url);
    if (named === undefined || !isLookedUp(failure.text.code) || step.timeLeft() <= 0)
        return failure;
    // What is left of the deadline after a final answer may be long; a look-up is not worth it.
    const end = step.timeLeft() - LONGEST_LOOK_UP_MS;
    const brief = { ...step, timeLeft: () => Math.max(0, step.timeLeft() - Math.max(0, end)) };
    const lookUp = await (0,cloud_run_service/* lookUpRunService */.F9)(brief, run.universe, named, run.becomeCaller);
    return withFacts(failure, lookUp, { call: run.call, named, audience: run.audience });
}

// EXTERNAL MODULE: ./src/world/step.ts
var world_step = __nccwpck_require__(4920);
// EXTERNAL MODULE: ./src/world/retry.ts
var retry = __nccwpck_require__(8162);
// EXTERNAL MODULE: ./src/call/failures/service.ts + 3 modules
var service = __nccwpck_require__(6458);
// EXTERNAL MODULE: ./src/call/verdicts.ts + 2 modules
var call_verdicts = __nccwpck_require__(2007);
// EXTERNAL MODULE: ./src/call/attempts.ts
var attempts = __nccwpck_require__(3752);
// EXTERNAL MODULE: ./src/guard/redaction.ts
var redaction = __nccwpck_require__(3488);
// EXTERNAL MODULE: ./src/call/responder.ts
var call_responder = __nccwpck_require__(2070);
;// CONCATENATED MODULE: ./src/call/get-after-head.ts


/** The pages by which Google refuses are small. */
const get_after_head_LONGEST_PAGE_BYTES = 64 * 1024;
/**
 * The outcome with the words by which to tell who answered: the outcome itself, or where a HEAD leaves that open, what a GET of
 * the same URL comes to (RFC 9110, 9.3.2).
 */
async function get_after_head_getAfterHead(step, request, outcome) {
    if (!outcome.answered || !(0,call_responder/* leavesOpenWhoRefused */.Lx)(request.method, outcome))
        return outcome;
    return await step.send({ ...request, method: 'GET' }, { ...(0,world_step/* limitOf */.LF)(step), bodyBytes: get_after_head_LONGEST_PAGE_BYTES });
}

// EXTERNAL MODULE: external "node:util"
var external_node_util_ = __nccwpck_require__(7975);
;// CONCATENATED MODULE: ./src/call/response.ts



/**
 * Reads an answer and holds it against what was expected.
 *
 * @param redact takes our tokens out of it
 * @param milliseconds how long all the patterns together may take
 * @param withWords the answer by which to tell who answered
 */
function readResponse(answer, expectations, redact, milliseconds, withWords = answer) {
    const text = readText(answer, redact);
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [redact(name), redact(value)]));
    const words = withWords === answer ? text : readText(withWords, redact);
    const responder = (0,call_responder/* whoAnswered */.Wi)(withWords, words);
    const repeated = Object.fromEntries(Object.entries(answer.repeated ?? {}).map(([name, values]) => [redact(name), values.map((value) => redact(value))]));
    const verdicts = (0,call_verdicts/* judgeExpectations */.L4)(expectations, { ...answer, headers, repeated }, text, milliseconds);
    const { status } = answer;
    return {
        answered: true,
        status,
        milliseconds: answer.milliseconds,
        headers,
        repeated,
        text,
        responder,
        ...(withWords === answer ? {} : { words }),
        clientId: (0,call_responder/* iapClientId */.DE)({ headers }),
        verdicts,
        // A refusal of Google's is no answer of the service: only its very code, listed, makes it an expected one.
        accepted: verdicts.every(({ met }) => met) && (responder === 'application' || expectations.status.lists(status))
    };
}
/** The body in the character set that it declares, else in UTF-8; what is not valid in it becomes U+FFFD. */
function readText({ headers, body }, redact) {
    const charset = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
    const decoder = findDecoder(charset);
    // If ASCII is labelled as another encoding, such as UTF-16, a token in it is unreadable here, but a reader could decode it.
    const bytes = decoder.encoding === 'utf-8' ? '' : body.toString('latin1');
    return redact(redact(bytes) === bytes ? decoder.decode(body) : body.toString('utf8'));
}
function findDecoder(charset) {
    try {
        return new external_node_util_.TextDecoder(charset);
    }
    catch {
        return new external_node_util_.TextDecoder();
    }
}

;// CONCATENATED MODULE: ./src/call/service.ts











/** How long the patterns of the expectations may take on one answer, so that catastrophic backtracking cannot use up the deadline. */
const PATTERNS_MS = 2_000;
/** An answer that came just in time is judged all the same. */
const SHORTEST_PATTERNS_MS = 500;
/** A token is checked when the request arrives; a timeout of hours must not ask for a new one before every attempt. */
const LEAST_LIFE_MS = 60_000;
/** Time that is kept free for one last attempt. */
const LAST_ATTEMPT_MS = 1_000;
/**
 * Calls the service with the token until its answer is what was expected, or can no longer become so.
 *
 * @param mintAgain gets another token for the same audience
 * @param onAttempt is told of each attempt as soon as it is over
 */
async function service_callService(step, call, firstToken, mintAgain, onAttempt) {
    const elapsedMs = (0,world_step/* startWatch */.Ms)(step);
    /** The newest first. */
    const tokens = [firstToken];
    /** Since when Google has refused with a status. */
    const refusedSince = new Map();
    let response;
    let renewed = false;
    const end = (failure) => ({ response, token: tokens[0], failure });
    try {
        for (let number = 1;; number += 1) {
            const limit = (0,world_step/* limitOf */.LF)(step);
            const neededMs = Math.min(limit.milliseconds, LEAST_LIFE_MS);
            if (tokens[0].expiresAt <= (0,world_step/* earlierNow */.FG)(step) + neededMs)
                tokens.unshift(await mintAgain());
            const startedMs = elapsedMs();
            const attempt = await makeAttempt(step, call, tokens, limit);
            if (attempt.answered)
                response = attempt;
            const refusedForMs = attempt.answered ? refusedFor(refusedSince, attempt, elapsedMs()) : 0;
            const next = (0,attempts/* decideNext */.gf)(attempt, { method: call.method, iamWaitMs: call.iamWaitMs, renewed, refusedForMs });
            const pauseMs = next.kind === 'again' ? fitPause(step, number, attempt, next.withinMs) : undefined;
            onAttempt((0,attempts/* recordAttempt */.fh)(attempt, next, pauseMs, { number, startedMs }));
            if (next.kind === 'passed')
                return end();
            if (next.kind === 'renew') {
                renewed = true;
                tokens.unshift(await mintAgain());
            }
            else if (pauseMs === undefined) {
                const decisive = decisiveAttempt(attempt, response, limit.byDeadline);
                const clientId = await findClientId(step, call, response);
                const exists = await seeWhetherItExists(step, call, decisive);
                return end((0,service/* callFailed */.Q)({ call, token: tokens[0], attempt: decisive, attempts: number, clientId, exists }));
            }
            else {
                await step.sleep(pauseMs);
            }
        }
    }
    catch (error) {
        // Google gave no new token; the answers up to there still count.
        if (error instanceof failure_failure/* Failure */.HR)
            return end(error);
        throw error;
    }
}
/** Sends the request with the newest token; no token that was sent so far is in what comes of it. */
async function makeAttempt(step, call, tokens, limit) {
    const request = buildRequest(call, tokens[0].jwt);
    const outcome = await step.send(request, { ...limit, bodyBytes: call_verdicts/* LONGEST_BODY_BYTES */.e7 });
    const withWords = await get_after_head_getAfterHead(step, request, outcome);
    if (!outcome.answered)
        return outcome;
    // Without what tells who answered, nothing is known of the answer.
    if (!withWords.answered)
        return withWords;
    const patternsMs = Math.min(PATTERNS_MS, Math.max(SHORTEST_PATTERNS_MS, step.timeLeft()));
    const redact = (0,redaction/* createRedaction */.E)(tokens.map(({ jwt }) => jwt));
    return readResponse(outcome, call.expectations, redact, patternsMs, withWords);
}
/** For how long, up to now, Google has refused like this before the service; 0 for whatever else answered. */
function refusedFor(refusedSince, { responder, status }, now) {
    if (responder !== 'front end' && responder !== 'infrastructure')
        return 0;
    const since = refusedSince.get(status) ?? now;
    refusedSince.set(status, since);
    return now - since;
}
/** An attempt that the deadline cut short says less than the answer before it. */
function decisiveAttempt(last, response, cutByDeadline) {
    const cutShort = !last.answered && last.timedOut && cutByDeadline;
    return cutShort ? (response ?? last) : last;
}
/** The request with the token; everything else is the author's. */
function buildRequest({ method, url, headers, body }, jwt) {
    return {
        method,
        url,
        headers: { accept: '*/*', ...headers.own, [headers.tokenHeader]: jwt.asBearer() },
        ...(body === undefined ? {} : { body })
    };
}
/**
 * How long to pause: with jitter, as long as `Retry-After` asks, but so that one more attempt fits before the deadline.
 *
 * @returns undefined where none does
 */
function fitPause(step, number, attempt, withinMs) {
    const longestMs = Math.min(step.timeLeft() - Math.min(LAST_ATTEMPT_MS, step.timeoutMs), withinMs);
    return longestMs <= 0 ? undefined : Math.min((0,retry/* choosePause */.G5)(step, number, attempt), longestMs);
}
/** IAP's client id, after IAP refused; it names it only to a caller without any credential. */
async function findClientId(step, call, response) {
    if (response?.responder !== 'iap')
        return undefined;
    if (response.clientId !== undefined || step.timeLeft() <= 0)
        return response.clientId;
    const outcome = await askWithoutToken(step, 'GET', call.url);
    return outcome.answered ? (0,call_responder/* iapClientId */.DE)(outcome) : undefined;
}
/**
 * After a 404 of the front end: whether the service answers at its root, without its tag. It is asked once and without a
 * credential, so that a private service refuses, which only one that exists does.
 *
 * @returns undefined where the root itself was called, or it does not tell
 */
async function seeWhetherItExists(step, call, attempt) {
    if (!attempt.answered || attempt.responder !== 'front end' || attempt.status !== 404)
        return undefined;
    const root = new URL('/', (0,service_url/* withoutTag */.nb)(call.url));
    if (!(0,service_url/* isCloudRunUrl */.AH)(root) || root.href === call.url.href || step.timeLeft() <= 0)
        return undefined;
    const outcome = await askWithoutToken(step, 'HEAD', root);
    return outcome.answered ? outcome.status !== 404 : undefined;
}
async function askWithoutToken(step, method, url) {
    return await step.send({ method, url, headers: {} }, { ...(0,world_step/* limitOf */.LF)(step), bodyBytes: 0 });
}

// EXTERNAL MODULE: ./src/identity/identity.ts + 22 modules
var identity_identity = __nccwpck_require__(1054);
// EXTERNAL MODULE: ./src/failure/perimeter.ts
var perimeter = __nccwpck_require__(3117);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
// EXTERNAL MODULE: ./src/call/failures/failed-call.ts
var failed_call = __nccwpck_require__(2962);
// EXTERNAL MODULE: ./src/call/failures/infrastructure.ts
var infrastructure = __nccwpck_require__(4759);
;// CONCATENATED MODULE: ./src/call/failures/privacy.ts











/** A call without a token was not refused by Google. */
function privacy_notPrivate(url, method, answer) {
    return new Failure({
        code: 'NOT_PRIVATE',
        sentence: `assert_private is not met: ${safeUrl(url)} answered a ${method} without a token with ${describeStatus(answer.status)}${isOwnRefusal(answer) ? ', and that refusal comes from behind the check of Google' : ''}; Google did not refuse the call.`,
        ...privacy_explain(url, answer)
    });
}
/** Google answered a call without a token, but not with a refusal: a public service would have given the same answer. */
function privacy_notRefused({ url, tag }, answer) {
    const text = answer.body.toString('utf8');
    const answered = `Google answered a call of ${safeUrl(url)} without a token with ${describeStatus(answer.status)}, which is no refusal of the caller, so that the service is not known to be private`;
    return new Failure({
        code: 'NOT_REACHED',
        ...(isPerimeter(text)
            ? explainPerimeter(answered, 'the service, or something behind it', text)
            : whoAnswered(answer, text) === 'front end'
                ? explainNotReached({ url, tag, service: url, text, exists: undefined, answered })
                : explainInfrastructure(answered, url, answer.status, text)),
        answer: quote({ status: answer.status, text })
    });
}
function privacy_explain(url, answer) {
    const { status, headers } = answer;
    const closing = closeService(url);
    if (whoAnswered(answer, answer.body.toString('utf8')) === 'gateway') {
        return {
            cause: 'Google let the call through, and a gateway that runs on Cloud Run refused; that is not the check by which a service is private.',
            remedy: 'Set assert_private for the URL of the service behind the gateway, and leave assert_private out for the gateway.',
            snippets: [inStep("assert_private: 'false'")]
        };
    }
    if (status >= 300 && status < 400) {
        const location = safeText(headers['location'] ?? '');
        return {
            cause: `What redirects${location === '' ? '' : ` to ${location}`} is open to everybody; this call does not tell what is behind the redirect.`,
            remedy: `Set url to ${location.startsWith('https://') ? location : 'the address that answers without a redirect'}${isCloudRunUrl(url) ? ', or close the service to the public' : ''}.`,
            snippets: closing.snippets
        };
    }
    if (isOwnRefusal(answer)) {
        return {
            cause: "Google let the call through: the refusal is the application's own, or that of something else behind Google, and does not make the service private.",
            ...closing
        };
    }
    return {
        cause: 'The call went through to the application: everybody may invoke the service (allUsers), or its invoker check is off.',
        ...closing
    };
}
/** Something behind Google's check refused. */
function isOwnRefusal({ status }) {
    return status === 401 || status === 403;
}
/** How to close to the public what is behind a URL. */
function closeService(url) {
    const { kind, search } = describeTarget(url);
    const removal = updateInvokers(url, 'remove', 'allUsers');
    if (kind === 'function')
        return {
            remedy: "Remove allUsers from the function's invokers.",
            snippets: [inTerminal('remove allUsers', removal)]
        };
    const commands = [removal, updateCommand(url, '--invoker-iam-check')];
    return isCloudRunUrl(url)
        ? {
            remedy: `Remove allUsers from roles/run.invoker; if that binding does not exist, the invoker IAM check is off: turn the check on (${updateCommand(url, '--invoker-iam-check')}).`,
            snippets: [inTerminal('close the service', ...commands), search]
        }
        : {
            remedy: `Remove allUsers from the invokers of the service behind ${safeText(url.host)}, or switch Identity-Aware Proxy on.`,
            snippets: [inTerminal('close the service, where Cloud Run is behind the domain', ...commands), search]
        };
}

// EXTERNAL MODULE: ./src/call/failures/no-answer.ts
var no_answer = __nccwpck_require__(2038);
;// CONCATENATED MODULE: ./src/call/privacy.ts








/** Safe methods (RFC 9110, 9.2.1): they can be sent without credentials. */
const SAFE_METHODS = (/* unused pure expression or super */ null && (['GET', 'HEAD', 'OPTIONS']));
/**
 * Calls the service without any credential, cookie or body, and sees whether Google refuses the caller. An answer of Google's
 * that is no refusal proves nothing: while a first deployment or a new tag spreads, a public service answers 404 as well.
 *
 * @returns why the service is not known to be private; undefined where Google refused the caller
 */
async function privacy_checkPrivacy(step, call) {
    const method = SAFE_METHODS.includes(call.method) ? call.method : 'GET';
    const elapsedMs = startWatch(step);
    for (let attempt = 1;; attempt += 1) {
        const outcome = await askAnonymously(step, call.url, method);
        const verdict = judge(call.url, outcome);
        if (verdict === 'refused')
            return undefined;
        if (verdict === 'answered' && outcome.answered)
            return notPrivate(call.url, method, outcome);
        const isNothingHere = outcome.answered && !isTransient(outcome);
        const patienceMs = isNothingHere ? FIRST_DEPLOYMENT_MS - elapsedMs() : isTransient(outcome) ? Infinity : 0;
        const pauseMs = choosePause(step, attempt, outcome);
        if (pauseMs >= Math.min(step.timeLeft(), patienceMs))
            return isNothingHere ? notRefused(call, outcome) : noUsableAnswer(call.url, outcome, attempt, 'without a token');
        await step.sleep(pauseMs);
    }
}
async function askAnonymously(step, url, method) {
    const request = { method, url, headers: {} };
    const outcome = await step.send(request, { ...limitOf(step), bodyBytes: LONGEST_PAGE_BYTES });
    return await getAfterHead(step, request, outcome);
}
/** Whether Google refused the caller; what the application answers, its 401 included, it answers to the whole world. */
function judge(url, outcome) {
    if (!outcome.answered || isTransient(outcome))
        return 'open';
    const text = outcome.body.toString('utf8');
    if (isRefusalOfCaller(outcome, text))
        return 'refused';
    const responder = whoAnswered(outcome, text);
    // Behind Cloud Run's own check, a gateway is one of the author's containers, and open to everyone.
    if (responder === 'gateway' && !isCloudRunUrl(url))
        return 'refused';
    return responder === 'front end' || responder === 'infrastructure' ? 'open' : 'answered';
}

// EXTERNAL MODULE: ./src/token/mint.ts + 3 modules
var token_mint = __nccwpck_require__(7484);
// EXTERNAL MODULE: ./src/inputs/audience.ts
var inputs_audience = __nccwpck_require__(9639);
// EXTERNAL MODULE: ./src/inputs/call-inputs.ts + 1 modules
var call_inputs = __nccwpck_require__(7856);
// EXTERNAL MODULE: ./src/inputs/complaints.ts
var inputs_complaints = __nccwpck_require__(239);
// EXTERNAL MODULE: ./src/inputs/failures.ts
var failures = __nccwpck_require__(4042);
// EXTERNAL MODULE: ./src/token/google-hosts.ts
var google_hosts = __nccwpck_require__(7352);
// EXTERNAL MODULE: ./src/inputs/raw-inputs.ts
var raw_inputs = __nccwpck_require__(6685);
// EXTERNAL MODULE: ./src/inputs/values.ts
var values = __nccwpck_require__(8463);
;// CONCATENATED MODULE: ./src/inputs/identity-inputs.ts






/** @throws {Failure | AggregateError} INPUT_INVALID */
async function readIdentityInputs() {
    const { token, workloadIdentityProvider, serviceAccount, delegates, universe } = await (0,inputs_complaints/* readAll */.yw)({
        token: readTokenKind,
        workloadIdentityProvider: () => {
            const name = (0,raw_inputs/* optional */.lq)('workload_identity_provider');
            return name === undefined ? undefined : (0,values/* parseProvider */.te)(name);
        },
        oneIdentity: checkOneIdentity,
        serviceAccount: () => {
            const name = (0,raw_inputs/* optional */.lq)('service_account');
            const account = name === undefined ? undefined : (0,values/* parseAccount */.J5)('service_account', name);
            if (account !== undefined && !account.includes('@') && (0,raw_inputs/* read */.LF)('token') === 'iap_jwt')
                throw (0,failures/* emailRequired */.YM)(account);
            return account;
        },
        delegates: () => (0,inputs_complaints/* readEach */.e2)((0,values/* parseList */.E1)((0,raw_inputs/* read */.LF)('delegates')), (name) => (0,values/* parseAccount */.J5)('delegates', name)),
        endOfChain: checkEndOfChain,
        universe: () => (0,values/* parseUniverse */.pP)((0,raw_inputs/* read */.LF)('universe', google_hosts/* DEFAULT_UNIVERSE */.SO))
    });
    const credentialsJson = (0,raw_inputs/* optional */.lq)('credentials_json');
    return { token, workloadIdentityProvider, serviceAccount, delegates, universe, credentialsJson };
}
/** @throws {Failure} INPUT_INVALID */
function readTokenKind() {
    const value = (0,raw_inputs/* read */.LF)('token', 'id_token');
    if (value === 'id_token' || value === 'iap_jwt')
        return value;
    throw (0,failures/* inputInvalid */.m7)('token', `${(0,safe_text/* quoteValue */.cl)(value)} is no kind of token`, 'Use id_token or iap_jwt.', [
        'token: iap_jwt'
    ]);
}
function checkOneIdentity() {
    if ((0,raw_inputs/* read */.LF)('workload_identity_provider') === '' || (0,raw_inputs/* read */.LF)('credentials_json') === '')
        return;
    throw (0,failures/* inputInvalid */.m7)('workload_identity_provider', 'set together with credentials_json, and a step has one identity', 'Set one of the two.');
}
function checkEndOfChain() {
    if ((0,raw_inputs/* read */.LF)('delegates') === '' || (0,raw_inputs/* read */.LF)('service_account') !== '')
        return;
    throw (0,failures/* inputInvalid */.m7)('delegates', 'service_account is empty, and a delegation chain needs an account at its end', 'Set service_account, or leave delegates empty.', ['service_account: NAME@PROJECT.iam.gserviceaccount.com']);
}

// EXTERNAL MODULE: ./src/world/failures/restricted-run.ts
var restricted_run = __nccwpck_require__(4173);
// EXTERNAL MODULE: ./src/world/restricted-run.ts
var world_restricted_run = __nccwpck_require__(4539);
;// CONCATENATED MODULE: ./src/inputs/inputs.ts









/**
 * Reads every input, and says everything that is wrong with them at once, before any request is made.
 *
 * @param env of the runner: the workspace, to which `body_file` is relative, and what started the run
 * @throws {Failure} INPUT_INVALID, or AUDIENCE_REQUIRED where nothing else is wrong
 */
async function inputs_readInputs(env) {
    try {
        const { call, audiences, identity, ...rest } = await readAll({
            call: async () => await readCall(env['GITHUB_WORKSPACE'] ?? '.'),
            audiences: readAudiences,
            ...SHARED_READERS,
            exportEnv: () => parseVariableName(optional('export_env'))
        });
        return { ...identity, ...audiences, ...rest, call };
    }
    catch (error) {
        const complaints = complaintsIn(error);
        throw inputsInvalid(complaints, explainWithheld(env, await findRestriction(env)));
    }
}
/** What the proxy reads in the same way. */
const SHARED_READERS = {
    identity: readIdentityInputs,
    timeoutMs: () => (0,values/* parseDuration */.E9)('timeout', (0,raw_inputs/* read */.LF)('timeout', '30s'), 1),
    deadlineMs: () => (0,values/* parseDuration */.E9)('deadline', (0,raw_inputs/* read */.LF)('deadline', '3m'), 1),
    summary: () => (0,values/* parseBoolean */.yG)('summary', (0,raw_inputs/* read */.LF)('summary', 'true'))
};

// EXTERNAL MODULE: ./src/inputs/request-headers.ts
var request_headers = __nccwpck_require__(6655);
;// CONCATENATED MODULE: ./src/report/warnings.ts





/** What will probably hurt, though nothing has failed yet: one line for each, with its values and what to do. */
function warnings_findWarnings(context) {
    const ofAudience = context.inputs.token === 'iap_jwt' ? [] : [warnOfAudience, warnOfProvider, warnOfClientId];
    return [warnOfTls, warnOfPath, ...ofAudience, warnOfKey, warnOfSigning].flatMap((find) => find(context) ?? []);
}
/**
 * The same of the token, before it is used.
 *
 * @param token the first one, which the call uses
 */
function warnings_findTokenWarnings(identity, token) {
    return [warnOfPerson(identity, token), warnOfDefaultAccount(token)].flatMap((line) => line ?? []);
}
/** A wrong clock of the machine, as far as an answer has told: it makes fresh tokens look expired, and keys sign what Google refuses. */
function warnings_findClockWarning({ now, googleNow }) {
    const ahead = Math.round((now() - googleNow()) / 1000);
    return Math.abs(ahead) > world_step/* CLOCK_TOLERANCE_S */.FF
        ? [
            `The clock of this machine is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} Google's, and tokens live by the clock: set it, for example by NTP.`
        ]
        : [];
}
/** https://nodejs.org/api/cli.html#node_tls_reject_unauthorizedvalue */
function warnOfTls({ env }) {
    return env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0'
        ? 'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of every certificate, so that anything between this machine and Google can read the tokens: remove it, and set NODE_EXTRA_CA_CERTS to the file of a private authority instead.'
        : undefined;
}
function warnOfPath({ inputs: { call } }) {
    const reservation = call && (0,service_url/* findReservation */.kp)(call.url);
    if (call === undefined || reservation === undefined)
        return undefined;
    const path = (0,safe_text/* safeText */.Hk)(call.url.pathname);
    return reservation === 'certain'
        ? `Google's front end keeps the path ${path} of *.run.app for itself and answers 404: call another path, such as /health.`
        : `Google's front end may keep the path ${path} of *.run.app for itself (it reserves some that end in z, /eventlog and /_ah/): if it answers 404, call another path, such as /health.`;
}
/** https://cloud.google.com/run/docs/authenticating/service-to-service */
function warnOfAudience({ inputs: { audiences, audienceDerived, call } }) {
    const [audience] = audiences;
    if (call === undefined || audienceDerived || !URL.canParse(audience))
        return undefined;
    const url = new URL(audience);
    const fitting = findFitting(url, call.url);
    if (fitting === undefined || fitting === audience)
        return undefined;
    const flaws = [
        ...((0,service_url/* tagOf */.cO)(url) === undefined ? [] : ['a tag']),
        ...(url.pathname.length > new URL(fitting).pathname.length && !isOnlySlash(audience, fitting) ? ['a path'] : []),
        ...(url.search === '' && url.hash === '' ? [] : ['a query']),
        ...(audience.endsWith('/') ? ['a trailing slash'] : [])
    ];
    if (flaws.length === 0)
        return undefined;
    return `The audience ${(0,safe_text/* safeText */.Hk)(audience)} has ${flaws.join(' and ')}, which a service behind ${(0,safe_text/* safeUrl */.Pl)(call.url)} will probably not accept: set audience to ${(0,safe_text/* safeText */.Hk)(fitting)}${(0,inputs_audience/* findAudience */.ot)(call.url) === fitting ? ', or leave it empty' : ''}.`;
}
/** The audience that was probably meant; undefined where only the owner of the service can know it. */
function findFitting(audience, url) {
    if ((0,service_url/* isCloudRunUrl */.AH)(audience))
        return (0,inputs_audience/* findAudience */.ot)(audience);
    const expected = (0,inputs_audience/* findAudience */.ot)(url);
    return expected !== undefined && new URL(expected).origin === audience.origin ? expected : undefined;
}
function isOnlySlash(audience, fitting) {
    return audience === `${fitting}/` || new URL(audience).pathname === `${new URL(fitting).pathname}/`;
}
function warnOfProvider({ inputs: { audiences } }) {
    const audience = audiences.find((name) => /workloadIdentityPools\/[^/]+(\/providers\/|$)/.test(name));
    return audience === undefined
        ? undefined
        : `The audience ${(0,safe_text/* safeText */.Hk)(audience)} is a workload identity provider, which no service expects: set audience to the URL of the service, and the provider in workload_identity_provider.`;
}
function warnOfClientId({ inputs: { audiences, call } }) {
    const [audience] = audiences;
    if (call === undefined || !(0,service_url/* isCloudRunUrl */.AH)(call.url) || !(0,request_headers/* isOAuthClient */.L_)(audience))
        return undefined;
    return `The audience ${(0,safe_text/* safeText */.Hk)(audience)} is an OAuth client id, which ${(0,safe_text/* safeText */.Hk)(call.url.host)} expects only where Identity-Aware Proxy is switched on: without it, leave audience empty.`;
}
function warnOfPerson({ credential, impersonations }, token) {
    if (credential.fixedAudience === undefined || impersonations.length > 0)
        return undefined;
    const who = token.email === '' ? '' : ` of ${(0,safe_text/* safeText */.Hk)(token.email)}`;
    return (`A person's own credentials${who} give ID tokens for gcloud's OAuth client (${(0,safe_text/* safeText */.Hk)(token.audience)}) only, whatever audience is asked for. ` +
        'Cloud Run accepts such a token from a person who may invoke the service; set service_account for any other audience.');
}
function warnOfKey({ identity: { credential }, env }) {
    const mayFederate = env['GITHUB_ACTIONS'] === 'true' &&
        (env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '') !== '' &&
        (env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '') !== '';
    return credential.isKey === true && mayFederate
        ? `The ${(0,safe_text/* safeText */.Hk)(credential.description)} is a secret that does not expire, and this job may ask for OIDC tokens: set workload_identity_provider and service_account instead, and delete the key.`
        : undefined;
}
/** https://cloud.google.com/iam/docs/service-account-permissions#token-creator-role: who can sign can also become the account. */
function warnOfSigning({ inputs: { token }, identity: { credential, impersonations } }) {
    if (token !== 'iap_jwt' || credential.isKey === true)
        return undefined;
    const account = impersonations.at(-1)?.account;
    return `With token: iap_jwt this step has ${account === undefined ? 'the account of this machine' : (0,safe_text/* safeText */.Hk)(account)} sign a JWT, and an identity that may do that (iam.serviceAccounts.signJwt) can become the account, which an ID token does not allow: use an account that can do nothing else, and a custom role with that permission alone, see docs/permissions.md#signing-a-jwt.`;
}
/** https://cloud.google.com/iam/docs/service-account-types#default */
function warnOfDefaultAccount({ email }) {
    return /-compute@developer\.gserviceaccount\.com$|@appspot\.gserviceaccount\.com$/.test(email)
        ? `The identity ${(0,safe_text/* safeText */.Hk)(email)} is a default account of its project, which often may do much more than call a service: set service_account to one made for this, with roles/run.invoker alone.`
        : undefined;
}

;// CONCATENATED MODULE: ./src/run.ts








/**
 * A run from start to end: finds the identity of the job, gets its tokens, and calls the service.
 *
 * @throws {Failure} once something is not as it has to be; everything up to there has been reported
 */
async function run(world, report) {
    const inputs = await readInputs(world.env);
    report.onInputs(inputs);
    const step = world.startStep(inputs);
    const identity = await findIdentity(step, inputs);
    report.onIdentity(identity);
    for (const url of planConnections(identity, inputs))
        step.prepare(url);
    for (const line of findWarnings({ inputs, identity, env: world.env }))
        report.warn(line);
    const { call } = inputs;
    const calling = call === undefined ? step : leaveTimeForLookUp(step, call, inputs.deadlineMs);
    // The call without a token runs while the tokens are minted, so it costs no extra time.
    const privacy = call?.assertPrivate === true ? checkPrivacy(calling, call) : undefined;
    const mint = createMint(step, inputs, identity);
    const tokens = await obtainIdTokens(mint, inputs.audiences).finally(() => {
        for (const line of findClockWarning(step))
            report.warn(line);
    });
    report.onTokens(tokens, step.googleNow());
    const [token] = tokens.values();
    if (token === undefined)
        throw new Error('no token for the first audience');
    for (const line of findTokenWarnings(identity, token))
        report.warn(line);
    if (call === undefined)
        return;
    const { universe } = inputs;
    const lookedUp = { call, universe, audience: token.audience, becomeCaller: mint.caller };
    const exposure = await privacy;
    if (exposure !== undefined)
        throw await explainByLookUp(step, exposure, lookedUp);
    if (privacy !== undefined)
        report.onPrivate();
    const result = await callService(calling, call, token, () => mint.token(inputs.audiences[0]), report.onAttempt);
    report.onCall(result);
    if (result.failure !== undefined)
        throw await explainByLookUp(step, result.failure, lookedUp);
}
/** One token for each audience, minted in parallel. */
async function obtainIdTokens(mint, audiences) {
    return new Map(await Promise.all(audiences.map(async (audience) => [audience, await mint.token(audience)])));
}
/** At most this many connections are opened early for tokens; the rest open on demand. */
const MOST_FOR_TOKENS = 6;
/** Hosts that this run will contact. Opening their connections in parallel saves at least two round trips each. */
function planConnections({ credential, impersonations }, inputs) {
    const target = impersonations.at(-1);
    const count = Math.min(inputs.audiences.length, MOST_FOR_TOKENS);
    const { call } = inputs;
    // A key signs a JWT for Identity-Aware Proxy by itself.
    const signsItself = inputs.token === 'iap_jwt' && target === undefined;
    return [
        ...(signsItself ? [] : credential.endpoints),
        // A credential with a client certificate presents it to IAM as well, in the TLS handshake.
        ...(target === undefined || credential.hasCertificate === true
            ? []
            : Array(count).fill((0,google_hosts/* iamCredentialsUrl */.rl)(inputs.universe, target.account, 'generateIdToken'))),
        // With assert_private, the call without a token opens the connection that the call with the token reuses.
        ...(call === undefined || call.assertPrivate ? [] : [call.url])
    ];
}

// EXTERNAL MODULE: ./src/proxy/failures.ts
var proxy_failures = __nccwpck_require__(5985);
// EXTERNAL MODULE: ./src/inputs/expectations.ts + 1 modules
var expectations = __nccwpck_require__(4799);
;// CONCATENATED MODULE: ./src/proxy/inputs.ts













/**
 * Reads every input of the proxy, and says everything that is wrong with them at once, before any request is made.
 *
 * @param env of the runner, which tells what started the run
 * @throws {Failure} INPUT_INVALID, or AUDIENCE_REQUIRED where nothing else is wrong
 */
async function readProxyInputs(env) {
    try {
        const { identity, service, audience, header, check, iamWaitMs, ...rest } = await (0,inputs_complaints/* readAll */.yw)({
            ...SHARED_READERS,
            service: readService,
            audience: readAudience,
            header: readTokenHeader,
            port: () => parsePort((0,raw_inputs/* optional */.lq)('port') ?? '0'),
            exportUrl: () => (0,values/* parseVariableName */.fK)((0,raw_inputs/* optional */.lq)('export_env')),
            check: readCheck,
            iamWaitMs: () => (0,values/* parseDuration */.E9)('iam_wait', (0,raw_inputs/* read */.LF)('iam_wait', '60s'), 0),
            failOnRefusal: () => (0,values/* parseBoolean */.yG)('fail_on_refusal', (0,raw_inputs/* optional */.lq)('fail_on_refusal') ?? 'true')
        });
        const tokenPlace = placeFor(header, service.url, audience.audiences[0]);
        const call = check === undefined ? undefined : await describeCheck(service, check, tokenPlace, iamWaitMs);
        return { ...identity, ...service, ...audience, ...rest, tokenPlace, call, exportEnv: undefined };
    }
    catch (error) {
        const complaints = (0,inputs_complaints/* complaintsIn */.yG)(error);
        throw (0,failures/* inputsInvalid */.tz)(complaints, (0,restricted_run/* explainWithheld */.Lc)(env, await (0,world_restricted_run/* findRestriction */.m)(env)));
    }
}
function readService() {
    const value = (0,raw_inputs/* optional */.lq)('url');
    if (value === undefined) {
        throw (0,failures/* inputInvalid */.m7)('url', `url is empty; ${failures/* WHY_EMPTY */.x1}`, 'Set url to the service that the proxy is for.', [
            'url: https://SERVICE-PROJECT_NUMBER.REGION.run.app'
        ]);
    }
    const url = (0,values/* parseUrl */.Dl)(value);
    if (url.search !== '' || value.includes('#')) {
        throw (0,failures/* inputInvalid */.m7)('url', 'it has a query or a fragment, which belong to each request', 'Leave it out.');
    }
    return (0,call_inputs/* addTag */.Ap)(url);
}
function readAudience() {
    // That url is missing is a complaint of its own.
    if ((0,raw_inputs/* optional */.lq)('url') === undefined && (0,raw_inputs/* optional */.lq)('audience') === undefined)
        return { audiences: [''], audienceDerived: true };
    const { audiences, audienceDerived } = (0,inputs_audience/* readAudiences */.aW)();
    if (audiences.length === 1)
        return { audiences, audienceDerived };
    throw (0,failures/* inputInvalid */.m7)('audience', 'there is more than one, and the proxy is for one service', 'Set one.');
}
function readTokenHeader() {
    const named = (0,raw_inputs/* read */.LF)('token_header');
    return named === ''
        ? undefined
        : { header: (0,request_headers/* parseHeaders */.QG)('', named, (0,call_inputs/* findIapToken */.fd)(undefined)).tokenHeader, explicit: true };
}
/** Google's own header where there is one, so that a client may have `Authorization` for itself. */
function placeFor(named, url, audience) {
    if (named !== undefined)
        return named;
    if ((0,call_inputs/* findIapToken */.fd)(audience) !== undefined)
        return { header: 'Proxy-Authorization', explicit: false };
    return { header: (0,service_url/* isCloudRunUrl */.AH)(url) ? 'X-Serverless-Authorization' : 'Authorization', explicit: false };
}
function readCheck() {
    const check = (0,raw_inputs/* optional */.lq)('check');
    if (check === undefined || /^\/[^\s#\\]*$/.test(check))
        return check;
    throw (0,failures/* inputInvalid */.m7)('check', `${(0,safe_text/* quoteValue */.cl)(check)} is not a path`, 'Write check as /health.', ['check: /health']);
}
async function describeCheck({ url: service, tag }, check, { header }, iamWaitMs) {
    const url = new URL(service);
    const [path = '', query = ''] = check.split(/(?=\?)/s);
    url.pathname = service.pathname.replace(/\/+$/, '') + path;
    url.search = query;
    return {
        url,
        tag,
        method: 'GET',
        headers: { own: {}, tokenHeader: header },
        body: undefined,
        expectations: await (0,expectations/* compileExpectations */.b)({ status: '2xx', headers: '', body: '', json: '' }),
        assertPrivate: false,
        iamWaitMs
    };
}
function parsePort(value) {
    const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
    if (port <= 65_535)
        return port;
    throw (0,failures/* inputInvalid */.m7)('port', `${(0,safe_text/* quoteValue */.cl)(value)} is not a port`, 'Use 0 for a free one, or one from 1024 to 65535.', [
        'port: 8080'
    ]);
}

// EXTERNAL MODULE: ./src/proxy/log-file.ts
var log_file = __nccwpck_require__(3005);
// EXTERNAL MODULE: ./src/proxy/quit-port.ts
var quit_port = __nccwpck_require__(45);
;// CONCATENATED MODULE: ./src/proxy/warnings.ts
/** What will probably hurt once later steps use the proxy. */
function findProxyWarnings(env) {
    const proxy = ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].find((name) => (env[name] ?? '') !== '');
    const excluded = (env['no_proxy'] ?? env['NO_PROXY'] ?? '').split(/[\s,]+/);
    const needed = ['127.0.0.1', 'localhost'].filter((host) => !excluded.includes(host) && !excluded.includes('*'));
    return proxy === undefined || needed.length === 0
        ? []
        : [
            `${proxy} is set and NO_PROXY does not name ${needed.join(' and ')}, so that many programs would send what is for this proxy to that one: set NO_PROXY to ${[...new Set([...excluded, ...needed])].filter(Boolean).join(',')} for the job.`
        ];
}

;// CONCATENATED MODULE: ./src/proxy/start.ts




















/** How long the process may take until it listens. */
const START_MS = 30_000;
/**
 * Of V8's space for new objects, in MiB: what holds a stream's buffers is small and young, so that by default many of them wait to be
 * collected. Measured with 20 requests at a time, 50 MB up and down, ten downloads at once and then 200 streams: 117 to 126 MiB at most
 * with 2 MiB and one arena, 128 with 4 MiB and one, 153 to 167 with 4 MiB and as many arenas as the C library likes. Times and CPU per
 * request do not differ.
 */
const SMALL_HEAP = '--max-semi-space-size=2';
/** Buffers that one thread asks for and another one gives back leave holes in each arena of glibc: mallopt(3). */
const ONE_ARENA = { MALLOC_ARENA_MAX: '1' };
/**
 * The step: everything that can be wrong with inputs and identity is found here, and the first token is made, before the
 * background process starts.
 *
 * @throws {Failure} once something is not as it has to be
 */
async function start(world, report) {
    const inputs = await readProxyInputs(world.env);
    report.onInputs(inputs);
    const step = world.startStep(inputs);
    const identity = await (0,identity_identity/* findIdentity */.g)(step, inputs);
    report.onIdentity(identity);
    for (const url of planConnections(identity, inputs))
        step.prepare(url);
    const call = inputs.call ?? { url: inputs.url };
    const warnings = warnings_findWarnings({ inputs: { ...inputs, call }, identity, env: world.env });
    for (const line of [...warnings, ...findProxyWarnings(world.env)])
        report.warn(line);
    const mint = (0,token_mint/* createMint */.x)(step, inputs, identity);
    const [audience] = inputs.audiences;
    let token = await mint.token(audience).finally(() => {
        for (const line of warnings_findClockWarning(step))
            report.warn(line);
    });
    report.onTokens(new Map([[audience, token]]), step.googleNow());
    for (const line of warnings_findTokenWarnings(identity, token))
        report.warn(line);
    if (inputs.call !== undefined) {
        const { universe } = inputs;
        const calling = look_up_leaveTimeForLookUp(step, inputs.call, inputs.deadlineMs);
        const result = await service_callService(calling, inputs.call, token, () => mint.token(audience), report.onAttempt);
        report.onCall(result);
        if (result.failure !== undefined) {
            const lookedUp = { call: inputs.call, universe, audience: token.audience, becomeCaller: mint.caller };
            throw await look_up_explainByLookUp(step, result.failure, lookedUp);
        }
        token = result.token;
    }
    await startProcess(step, report, inputs, token);
}
async function startProcess(step, report, inputs, token) {
    const logFile = external_node_path_default().join(step.env['RUNNER_TEMP'] ?? (0,external_node_os_namespaceObject.tmpdir)(), `google-id-token-proxy-${(0,external_node_crypto_.randomUUID)()}.log`);
    const key = (0,quit_port/* createKey */.cF)();
    let child;
    try {
        child = spawnProcess(logFile, withoutSecrets(step));
        const settings = {
            env: step.env,
            inputs: { ...pickInputs(inputs), url: inputs.url.href },
            token: { ...token, jwt: token.jwt.reveal() },
            key
        };
        const started = await hearFrom(child, settings);
        if (started.kind === 'no port')
            throw (0,proxy_failures/* portTaken */.f5)(inputs.port, started.code);
        if (started.kind === 'ended')
            throw (0,proxy_failures/* notStarted */.DY)(started.how, await (0,log_file/* readLogEnd */.q)(logFile));
        const { port, quitPort, startedAt } = started;
        report.onReady(inputs, {
            id: child.pid ?? 0,
            startedAt,
            quitPort,
            key,
            logFile,
            url: `http://127.0.0.1:${port}`,
            service: inputs.url.href,
            failOnRefusal: inputs.failOnRefusal,
            summary: inputs.summary
        });
        await letGo(child);
    }
    catch (error) {
        // Left alone, the process ends.
        if (child?.connected === true)
            child.disconnect();
        await (0,promises_.rm)(logFile, { force: true });
        throw error;
    }
}
/**
 * The runner ends a step only once its output is closed, so that the process has a file of its own for that. It keeps
 * RUNNER_TRACKING_ID, by which the runner finds in the end what a job has left behind.
 */
function spawnProcess(logFile, env) {
    const log = (0,external_node_fs_.openSync)(logFile, 'wx', 0o600);
    try {
        return (0,external_node_child_process_.spawn)((external_node_process_default()).execPath, [SMALL_HEAP, (external_node_process_default()).argv[1] ?? '', 'background'], {
            env: { ...ONE_ARENA, ...env },
            detached: true,
            windowsHide: true,
            stdio: ['ignore', log, log, 'ipc']
        });
    }
    finally {
        (0,external_node_fs_.closeSync)(log);
    }
}
/** Variables of a process can be read from outside of it for as long as it lives; what is secret in them goes by the channel. */
function withoutSecrets({ env, masks }) {
    const secrets = masks.known().map((secret) => secret.reveal());
    return Object.fromEntries(Object.entries(env).filter(([name, value = '']) => !/^(INPUT|STATE)_/.test(name) && !secrets.some((secret) => value.includes(secret))));
}
/** Hands the settings over, and waits until the process listens. */
async function hearFrom(child, settings) {
    const late = new AbortController();
    const timer = setTimeout(() => {
        late.abort();
    }, START_MS);
    const { signal } = late;
    try {
        child.send(settings, () => undefined);
        return await Promise.race([
            (0,external_node_events_.once)(child, 'message', { signal }).then(([message]) => message),
            (0,external_node_events_.once)(child, 'exit', { signal }).then(([code, killedBy]) => ({
                kind: 'ended',
                how: `it ended with ${String(killedBy ?? `exit code ${String(code)}`)}`
            }))
        ]);
    }
    catch (error) {
        child.kill('SIGKILL');
        return { kind: 'ended', how: signal.aborted ? `it did not listen within ${START_MS / 1_000} s` : (0,safe_text/* codeOf */.$N)(error) };
    }
    finally {
        clearTimeout(timer);
        late.abort();
        child.unref();
    }
}
/** From here on the process lives without this one, whose post step knows how to find it. */
async function letGo(child) {
    await new Promise((resolve) => child.send('known', resolve));
    if (child.connected)
        child.disconnect();
}
function pickInputs({ token, audiences, workloadIdentityProvider, serviceAccount, delegates, credentialsJson, universe, timeoutMs, deadlineMs, tag, tokenPlace, port }) {
    return {
        ...{ token, audiences, workloadIdentityProvider, serviceAccount, delegates, credentialsJson, universe },
        ...{ timeoutMs, deadlineMs, tag, tokenPlace, port }
    };
}


/***/ }),

/***/ 9841:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   B8: () => (/* binding */ unreported),
/* harmony export */   M1: () => (/* binding */ unfinished),
/* harmony export */   TU: () => (/* binding */ overdue),
/* harmony export */   et: () => (/* binding */ internalFailure),
/* harmony export */   mP: () => (/* binding */ unwritable)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(1926);



/** A defect of this action. The error itself is not shown: it may hold anything. */
function internalFailure(error, env) {
    const what = error instanceof Error ? `${error.name}${placeOf(error)}` : typeof error;
    return defect(`The action stopped because of a defect of its own (${what}).`, env);
}
/** Where the error was thrown in the bundle: no more than the file's name, because a message or a path may hold anything. */
function placeOf({ stack = '' }) {
    const place = /([\w-]+\.[cm]?[jt]s:\d+:\d+)\)?$/m.exec(stack)?.[1];
    return place === undefined ? '' : ` at ${place}`;
}
/** The process ran out of work without a result. */
function unfinished(env) {
    return defect('The action ended before it had finished.', env);
}
/** The last resort: the result itself could not be written. */
function unreported(env) {
    return defect('The verdict could not be written.', env);
}
function defect(sentence, env) {
    const repository = env['GITHUB_REPOSITORY'] === undefined ? '' : ` --repo=${(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .shellWord */ .r7)(env['GITHUB_REPOSITORY'])}`;
    const authors = env['GITHUB_ACTION_REPOSITORY'] ?? '';
    const run = /^\d+$/.exec(env['GITHUB_RUN_ID'] ?? '')?.[0] ?? 'RUN_ID';
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'INTERNAL',
        sentence,
        cause: 'Something came that the action does not foresee; no input or permission changes that.',
        remedy: `Report this line ${authors === '' ? 'to the authors of the action' : `at https://github.com/${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(authors)}/issues`}, with the log of a run with debug logging.`,
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inTerminalWithGh */ .RY)('run the job again', `gh run rerun ${run} --failed --debug${repository}`)]
    });
}
/**
 * Something held the step beyond its deadline. Everything that is known to take time ends by itself before that.
 *
 * @param deadlineMs what the input says
 */
function overdue(deadlineMs) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'TIMED_OUT',
        sentence: `The step had not come to its end when its deadline of ${deadlineMs / 1000} s had passed.`,
        cause: 'Something on this machine does not answer: a file, a program, or the resolution of a host name.',
        remedy: 'Look at the last line before this one, and at what it waits for; raise deadline if that only needs longer.',
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('deadline: 10m')]
    });
}
/** A file in which the runner expects outputs and the like cannot be written. */
function unwritable(variable, why) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'INPUT_INVALID',
        sentence: `The file that ${variable} names could not be written: ${why}.`,
        cause: "The runner's disk is full, or an earlier step changed the variable or the file.",
        remedy: `Free space on the runner's disk, and let no step change ${variable}.`,
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .onRunner */ .o)('see disk and file', 'df -h', `ls -l "$${variable}"`)]
    });
}


/***/ }),

/***/ 8281:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   c: () => (/* binding */ runToEnd)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(4592);
/* harmony import */ var _internal_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(9841);



/** For how long output may be on its way, and the system may take to answer, once the verdict is written. */
const END_MS = 500;
/**
 * Runs a step to its end, whatever ends the step, reports the verdict and ends the process.
 *
 * @param run throws {Failure} once something is not as it has to be
 */
async function runToEnd(process, report, world, run) {
    // Only a run that comes to its end is a success: a promise that never settles would otherwise end the process with 0.
    process.exitCode = 1;
    const { env } = process;
    // With this variable google-auth-library prints whole answers, credentials included.
    delete env['GOOGLE_SDK_NODE_LOGGING'];
    let finished = false;
    let broken = false;
    async function finish(error) {
        if (finished)
            return;
        finished = true;
        world.close();
        try {
            if (error !== undefined && !(error instanceof _failure_failure_js__WEBPACK_IMPORTED_MODULE_1__/* .Failure */ .HR))
                report.onDefect(error);
            const failure = error === undefined || error instanceof _failure_failure_js__WEBPACK_IMPORTED_MODULE_1__/* .Failure */ .HR ? error : (0,_internal_js__WEBPACK_IMPORTED_MODULE_2__/* .internalFailure */ .et)(error, env);
            const written = await report.finish(failure);
            // Nothing may have broken while the verdict was written.
            if (failure === undefined && written && !broken)
                process.exitCode = 0;
        }
        catch {
            report.unwritable();
        }
        await end(process);
    }
    process.once('beforeExit', () => {
        finish((0,_internal_js__WEBPACK_IMPORTED_MODULE_2__/* .unfinished */ .M1)(env)).catch(() => undefined);
    });
    // Of every such error: after the first, Node would print what an error says, which may be anything.
    process.on('uncaughtException', (error) => {
        broken = true;
        process.exitCode = 1;
        finish(error).catch(() => undefined);
    });
    const reason = await Promise.race([
        run().then(() => undefined, (error) => error ?? new Error('no reason')),
        ...(world.overdue === undefined ? [] : [world.overdue.then(_internal_js__WEBPACK_IMPORTED_MODULE_2__/* .overdue */ .TU)])
    ]);
    await finish(reason);
}
/**
 * Ends the process once its output has left it, whatever is still open: sockets, pipes, programs. Node waits for a thread that
 * asks the system for a file or a name, even in `process.exit`, and a pipe without a writer is never opened: such a
 * process is killed, unless that would turn a success into a failure.
 */
async function end(process) {
    await Promise.race([Promise.all([flush(process.stdout), flush(process.stderr)]), (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(END_MS)]);
    const limit = performance.now() + END_MS;
    // Only then is a request that was just answered no longer listed.
    await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setImmediate)();
    while (isAskingTheSystem(process) && performance.now() < limit)
        await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(10);
    if (isAskingTheSystem(process) && process.exitCode !== 0)
        process.kill(process.pid, 'SIGKILL');
    process.exit();
}
/** Resolves once everything that was written before has left the process: pipes are asynchronous on Windows. */
async function flush(stream) {
    await new Promise((resolve) => {
        stream.write('', () => {
            resolve();
        });
    });
}
function isAskingTheSystem(process) {
    return process.getActiveResourcesInfo().some((kind) => /^(FSReq|GetAddrInfo|GetNameInfo)/.test(kind));
}


/***/ }),

/***/ 3913:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   F: () => (/* binding */ isApiDisabled),
/* harmony export */   K: () => (/* binding */ explainDisabledApi)
/* harmony export */ });
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1926);
/* harmony import */ var _refusal_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2813);


/** Google's words for an API that is off in a project. */
function isApiDisabled({ reason, message }) {
    return reason === 'SERVICE_DISABLED' || /has not been used in project|it is disabled/.test(message);
}
/**
 * @param name `IAM Service Account Credentials API`
 * @param host of the API: `iamcredentials.googleapis.com`
 * @param ownProject the number of the project in which the identity's pool is
 */
function explainDisabledApi(refusal, name, host, ownProject) {
    const project = (0,_refusal_js__WEBPACK_IMPORTED_MODULE_1__/* .projectIn */ .L9)(refusal);
    const whose = project === ownProject ? ', the project of your workload identity pool' : '';
    return {
        sentence: `The ${name} is disabled in project ${project}${whose}.`,
        cause: 'Google counts the request in that project; roles do not help.',
        remedy: `Enable ${host} in project ${project}, and run the job again some minutes later.`,
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inTerminal */ .e5)('enable the API', `gcloud services enable ${host} --project=${project}`)]
    };
}


/***/ }),

/***/ 4068:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   O: () => (/* binding */ tokenMissing),
/* harmony export */   w: () => (/* binding */ googleUnavailable)
/* harmony export */ });
/* harmony import */ var _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(4592);
/* harmony import */ var _world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(2456);
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(6530);
/* harmony import */ var _world_outcome_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(312);
/* harmony import */ var _refusal_js__WEBPACK_IMPORTED_MODULE_5__ = __nccwpck_require__(2813);






/** One of Google's token services gave no answer that is about the request. */
function googleUnavailable(url, last, attempts) {
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'GOOGLE_UNAVAILABLE',
        ...explainUnavailable(url, last, (0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_4__/* .inAttempts */ .yy)(attempts)),
        answer: last.answered ? (0,_refusal_js__WEBPACK_IMPORTED_MODULE_5__/* .quoteRefusal */ .HJ)((0,_refusal_js__WEBPACK_IMPORTED_MODULE_5__/* .readRefusal */ .ni)(last)) : undefined
    });
}
function explainUnavailable(url, last, attempts) {
    const sentence = `${url.host} gave no usable answer: ${(0,_world_outcome_js__WEBPACK_IMPORTED_MODULE_4__/* .describeOutcome */ .SS)(last)}${attempts}.`;
    if (!last.answered)
        return { ...(0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainNoAnswer */ .n)(last, url, 'Google'), sentence };
    if (last.status === 429) {
        return {
            sentence,
            cause: 'A quota is used up, as when many jobs start at once.',
            remedy: 'Raise deadline, or start fewer jobs at a time.',
            snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStep */ .qg)('deadline: 10m'), (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inYaml */ .$7)('In the job', 'strategy:', '  max-parallel: 10')]
        };
    }
    if (last.status < 500 && last.status !== 408) {
        return {
            ...(0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainInterception */ .K)(url),
            sentence: `${url.host} gave no usable answer: status ${last.status} with a page that is not Google's (content type: ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .contentType */ .IM)(last.headers)})${attempts}.`
        };
    }
    return {
        sentence,
        cause: 'The service of Google is overloaded or has an incident.',
        remedy: 'Run the job again; https://status.cloud.google.com shows incidents of Google.'
    };
}
/** An answer that is no refusal, and yet holds no token. Its body is not quoted: it may hold one in another form. */
function tokenMissing(url, answer) {
    // Anything but 2xx here is a redirect, which no token service sends.
    if (answer.status >= 300)
        return googleUnavailable(url, answer, 1);
    return new _failure_failure_js__WEBPACK_IMPORTED_MODULE_0__/* .Failure */ .HR({
        code: 'TOKEN_INVALID',
        // Plain http is for the metadata server alone, and never goes through a proxy.
        ...(url.protocol === 'http:' ? explainServer(url) : (0,_world_failures_connection_js__WEBPACK_IMPORTED_MODULE_1__/* .explainInterception */ .K)(url)),
        sentence: `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeUrl */ .Pl)(url)} answered with status ${answer.status}, but without the token that was asked for (content type: ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .contentType */ .IM)(answer.headers)}).`
    });
}
function explainServer(url) {
    const isNamed = url.hostname !== '169.254.169.254';
    return {
        cause: `The metadata server ${isNamed ? 'that GCE_METADATA_HOST names ' : ''}is not one of Google, or is emulated.`,
        remedy: isNamed
            ? `Unset GCE_METADATA_HOST, which says ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_3__/* .safeText */ .Hk)(url.host)}, or set workload_identity_provider.`
            : 'Set workload_identity_provider or credentials_json, so that the metadata server is not asked.',
        snippets: [isNamed && (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_2__/* .inStepEnv */ .tv)('', "GCE_METADATA_HOST: ''")]
    };
}


/***/ }),

/***/ 954:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   I2: () => (/* binding */ isFromGithub),
/* harmony export */   On: () => (/* binding */ idConditions),
/* harmony export */   Uy: () => (/* binding */ oldSubject),
/* harmony export */   Zs: () => (/* binding */ describeClaims),
/* harmony export */   c_: () => (/* binding */ whatStandsOut),
/* harmony export */   sJ: () => (/* binding */ isOfGithubItself)
/* harmony export */ });
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(887);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);


// Claims of GitHub's OIDC token, as far as conditions, mappings and bindings refer to them:
// https://docs.github.com/en/actions/reference/security/oidc
/** What any issuer's token says of itself. */
const COMMON_CLAIMS = ['iss', 'sub', 'aud'];
const GITHUB_CLAIMS = [
    ...COMMON_CLAIMS,
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'ref',
    'environment',
    'event_name',
    'workflow_ref',
    'job_workflow_ref'
];
/** A token of GitHub's, or of a GitHub Enterprise Server: they alone have these claims. */
function isFromGithub(claims) {
    return claims['repository'] !== undefined;
}
/** A token of github.com, of an enterprise there, or of a tenant of ghe.com: their clocks are right. */
function isOfGithubItself(claims) {
    return /^https:\/\/token\.actions\.(?:githubusercontent\.com|[\w-]+\.ghe\.com)(?:\/|$)/.test((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(claims, 'iss') ?? '');
}
/** Claims for people, one per line; what a condition may miss is shown as MISSING. */
function describeClaims(claims) {
    const names = isFromGithub(claims) ? GITHUB_CLAIMS : COMMON_CLAIMS;
    return names.map((name) => {
        const value = claims[name];
        return `${name}: ${value === undefined ? 'MISSING' : (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(typeof value === 'string' ? value : JSON.stringify(value))}`;
    });
}
/** How `sub` began in its older form, `repo:OWNER/REPOSITORY:`, where it has the immutable one, `repo:OWNER@ID/REPOSITORY@ID:…`. */
function oldSubject(claims) {
    const [, owner, name] = /^repo:([\w.-]+)@\d+\/([\w.-]+)@\d+:/.exec((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(claims, 'sub') ?? '') ?? [];
    return owner === undefined || name === undefined ? undefined : `repo:${owner}/${name}:`;
}
/** A condition on the repository that is true of both forms of `sub`; empty where the ids are not known. */
function idConditions(claims) {
    const ids = ['repository_owner_id', 'repository_id'].flatMap((name) => {
        const value = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(claims, name);
        return value !== undefined && /^\d+$/.test(value) ? [`assertion.${name} == '${value}'`] : [];
    });
    return ids.join(' && ');
}
/** What makes this job differ from a push to a branch, as far as conditions and bindings that people write forget it. */
function whatStandsOut(claims) {
    const text = (name) => (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(claims, name) ?? '');
    const [sub, event, environment] = [text('sub'), text('event_name'), text('environment')];
    const [workflow, reusable, repository] = [text('workflow_ref'), text('job_workflow_ref'), text('repository')];
    return [
        ...(event === '' || event === 'push' ? [] : [`event ${event}`]),
        ...(environment === '' ? [] : [`environment ${environment}`]),
        ...(reusable === '' || reusable === workflow ? [] : [`reusable workflow ${reusable}`]),
        ...(isFromGithub(claims) && sub !== '' && !sub.startsWith('repo:') ? ['a sub of a form of its own'] : []),
        ...(/[A-Z]/.test(repository) ? [`capitals in ${repository}`] : [])
    ];
}


/***/ }),

/***/ 7352:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   GH: () => (/* binding */ oauthTokenUrl),
/* harmony export */   OH: () => (/* binding */ isTokenServiceUrl),
/* harmony export */   SO: () => (/* binding */ DEFAULT_UNIVERSE),
/* harmony export */   Zl: () => (/* binding */ CLOUD_PLATFORM_SCOPE),
/* harmony export */   on: () => (/* binding */ stsUrl),
/* harmony export */   pj: () => (/* binding */ serviceAccountResource),
/* harmony export */   rl: () => (/* binding */ iamCredentialsUrl)
/* harmony export */ });
/** The universe of everyone who is not on a Trusted Partner Cloud. Audience and scope at STS keep it in every universe. */
const DEFAULT_UNIVERSE = 'googleapis.com';
/** The OAuth scope that every exchange asks for; in every universe it is the same. */
const CLOUD_PLATFORM_SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
function stsUrl(universe, path) {
    return new URL(`https://sts.${universe}/v1/${path}`);
}
function oauthTokenUrl(universe) {
    return new URL(`https://oauth2.${universe}/token`);
}
/**
 * @param account e-mail or unique id of the service account
 * @param method https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
 */
function iamCredentialsUrl(universe, account, method) {
    return new URL(`https://iamcredentials.${universe}/v1/${serviceAccountResource(account)}:${method}`);
}
/** The resource name of a service account whose project need not be known; the literal `-` is mandatory. */
function serviceAccountResource(account) {
    return `projects/-/serviceAccounts/${encodeURIComponent(account.toWellFormed()).replaceAll('%40', '@')}`;
}
/**
 * Whether a URL from a credential document belongs to one of Google's token services, so that a secret may be sent to it:
 * `https` on the default port, and the service's own, regional, mutual-TLS or Private Service Connect host. Another
 * subdomain of Google's is not enough, because many of them serve what their customers put there.
 * Host forms: https://cloud.google.com/vpc/docs/private-service-connect, https://cloud.google.com/sts/docs/reference/rest
 */
function isTokenServiceUrl(url, service, universe) {
    if (url.protocol !== 'https:' || url.port !== '' || url.username !== '' || url.password !== '')
        return false;
    if (service === 'oauth2' && universe === DEFAULT_UNIVERSE && isLegacyTokenUrl(url))
        return true;
    const domain = universe.replaceAll('.', '\\.');
    // Only regions and names of one's own (behind .p.) stand beside a service; another label would be another service.
    const region = '[a-z]+-[a-z]+\\d+';
    return [
        `${service}\\.${domain}`,
        `${service}\\.mtls\\.${domain}`,
        `${region}\\.${service}\\.${domain}`,
        `${service}\\.${region}\\.${domain}`,
        `${service}\\.${region}\\.rep\\.${domain}`,
        `${region}-${service}\\.${domain}`,
        `${service}-[a-z0-9-]+\\.p\\.${domain}`
    ].some((pattern) => new RegExp(`^${pattern}$`).test(url.hostname));
}
/** The token endpoints that keys made before 2019 name in `token_uri`. */
function isLegacyTokenUrl(url) {
    return [
        'accounts.google.com/o/oauth2/token',
        'www.googleapis.com/oauth2/v3/token',
        'www.googleapis.com/oauth2/v4/token'
    ].includes(url.host + url.pathname);
}


/***/ }),

/***/ 9301:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Vg: () => (/* binding */ generateAccessToken),
  Wk: () => (/* binding */ generateIdToken),
  Bu: () => (/* binding */ signJwtByIam)
});

// EXTERNAL MODULE: ./src/world/retried-request.ts
var retried_request = __nccwpck_require__(5243);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/world/failures/connection.ts
var connection = __nccwpck_require__(2456);
// EXTERNAL MODULE: ./src/failure/perimeter.ts
var perimeter = __nccwpck_require__(3117);
// EXTERNAL MODULE: ./src/failure/snippets.ts
var snippets = __nccwpck_require__(1926);
// EXTERNAL MODULE: ./src/guard/json.ts
var json = __nccwpck_require__(887);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/token/github-claims.ts
var github_claims = __nccwpck_require__(954);
// EXTERNAL MODULE: ./src/token/principal.ts
var token_principal = __nccwpck_require__(35);
// EXTERNAL MODULE: ./src/token/refusal.ts
var token_refusal = __nccwpck_require__(2813);
// EXTERNAL MODULE: ./src/token/failures/refusal.ts
var failures_refusal = __nccwpck_require__(3913);
;// CONCATENATED MODULE: ./src/token/failures/iam-credentials.ts










const METHODS = {
    generateIdToken: {
        what: 'ID token',
        permission: 'iam.serviceAccounts.getOpenIdToken',
        role: 'roles/iam.serviceAccountOpenIdTokenCreator'
    },
    generateAccessToken: {
        what: 'access token',
        permission: 'iam.serviceAccounts.getAccessToken',
        role: 'roles/iam.serviceAccountTokenCreator'
    },
    signJwt: {
        what: 'signed JWT',
        permission: 'iam.serviceAccounts.signJwt',
        role: 'roles/iam.serviceAccountTokenCreator'
    }
};
/** IAM refused a token for a service account. @param url of the method that was called */
function impersonationRefused(refusal, url, caller, impersonation) {
    const method = METHODS[url.pathname.replace(/^.*:/, '')];
    if (method === undefined)
        throw new Error('no method of IAM');
    const facts = {
        refusal,
        url,
        caller,
        impersonation,
        who: describeCaller(caller),
        name: nameCaller(caller),
        account: (0,safe_text/* safeText */.Hk)(impersonation.account),
        method,
        permission: (0,safe_text/* safeText */.Hk)((0,json/* stringIn */.tB)(refusal.metadata, 'permission') ?? method.permission)
    };
    return new failure/* Failure */.HR({ code: 'IMPERSONATION_DENIED', ...(0,failure/* explainBy */.H$)(CAUSES, facts), answer: (0,token_refusal/* quoteRefusal */.HJ)(refusal) });
}
const CAUSES = [
    { code: 'SERVICE_ACCOUNT_NOT_FOUND', when: ({ refusal }) => refusal.status === 404, explain: noAccount },
    { code: 'API_DISABLED', when: ({ refusal }) => (0,failures_refusal/* isApiDisabled */.F)(refusal), explain: disabledApi },
    { code: 'CREDENTIALS_EXPIRED', when: reasonIs('ACCESS_TOKEN_EXPIRED'), explain: expiredToken },
    {
        when: ({ refusal: { reason, message } }) => reason === 'SECURITY_POLICY_VIOLATED' || (0,perimeter/* isPerimeter */.k7)(message),
        explain: iam_credentials_perimeter
    },
    { when: reasonIs('USER_PROJECT_DENIED'), explain: deniedProject },
    {
        when: ({ refusal: { reason, message } }) => reason === 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' || message.includes('insufficient authentication scopes'),
        explain: narrowScopes
    },
    { when: reasonIs('CREDENTIALS_MISSING'), explain: lostToken },
    { when: ({ refusal }) => refusal.status === 401, explain: unknownToken },
    { when: ({ refusal }) => refusal.status === 400, explain: invalidRequest },
    { when: ({ refusal }) => refusal.status !== 403, explain: otherRefusal },
    { when: ({ impersonation }) => impersonation.delegates.length > 0, explain: missingLink },
    { when: () => true, explain: missingGrant }
];
function reasonIs(reason) {
    return ({ refusal }) => refusal.reason === reason;
}
function noAccount({ refusal, impersonation, account }) {
    return {
        sentence: `There is no service account ${account}: Google answered ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        cause: 'The name is misspelled, or the account was deleted.',
        remedy: `Correct the name ${account} in ${(0,safe_text/* safeText */.Hk)(impersonation.origin)}, or create the account again.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('see the existing accounts', `gcloud iam service-accounts list${(0,snippets/* projectFlag */.K6)(impersonation.account)} --format="value(email)"`)
        ]
    };
}
function disabledApi({ refusal, caller }) {
    const pool = /\/projects\/(\d+)\//.exec(caller.principal)?.[1];
    return (0,failures_refusal/* explainDisabledApi */.K)(refusal, 'IAM Service Account Credentials API', 'iamcredentials.googleapis.com', pool);
}
function expiredToken({ who, account }) {
    return {
        sentence: `The access token of ${who}, with which ${account} should be impersonated, has expired.`,
        cause: 'It ran out during the step, or the credential source handed out an old one.',
        remedy: 'Run the job again; if the refusal stays, let the credential source hand out fresh tokens.'
    };
}
function iam_credentials_perimeter({ refusal, impersonation, who, account }) {
    return (0,perimeter/* explainPerimeter */.RN)(`VPC Service Controls keep ${who} from impersonating ${account}`, "the account's project", refusal.message, (0,snippets/* projectOfAccount */.E4)(impersonation.account));
}
function deniedProject({ refusal, caller, who, account }) {
    const project = (0,token_refusal/* projectIn */.L9)(refusal);
    return {
        sentence: `Google does not let ${who} charge the request for a token of ${account} to project ${project}.`,
        cause: 'The credential names a project for quota and billing that its holder has no role on.',
        remedy: `Grant roles/serviceusage.serviceUsageConsumer on project ${project} to the holder of the credential, or take the project out of the credential.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('grant the role', `gcloud projects add-iam-policy-binding ${project} --member=${(0,snippets/* shellWord */.r7)(caller.principal)} --role=roles/serviceusage.serviceUsageConsumer`),
            findCaller(caller)
        ]
    };
}
function narrowScopes({ caller, who, account }) {
    const isPerson = caller.principal.startsWith('user:');
    const scopes = (caller.machine?.scopes ?? [])
        .map((scope) => (0,safe_text/* safeText */.Hk)(scope.replace(/^.*\/auth\//, ''), 60))
        .join(', ');
    return {
        sentence: `The access token of ${who} cannot be used to impersonate ${account}: its OAuth scopes are too narrow${scopes === '' ? '' : ` (${scopes})`}.`,
        cause: isPerson
            ? 'The person signed in with scopes that leave out IAM.'
            : "The machine's access scopes leave out IAM; roles do not help.",
        remedy: isPerson
            ? 'Sign in again with the scope https://www.googleapis.com/auth/cloud-platform.'
            : 'Give the machine the scope https://www.googleapis.com/auth/cloud-platform; the machine has to be stopped for that.',
        snippets: [
            isPerson
                ? (0,snippets/* inTerminal */.e5)('sign in again', 'gcloud auth application-default login')
                : (0,snippets/* giveMachine */.R8)('--scopes=https://www.googleapis.com/auth/cloud-platform')
        ]
    };
}
function lostToken({ url, who, account }) {
    return {
        ...(0,connection/* explainInterception */.K)(url),
        sentence: `The access token of ${who}, with which ${account} should be impersonated, did not arrive at ${url.host}.`,
        cause: 'A proxy that opens TLS may have taken the header out.'
    };
}
function unknownToken({ refusal, who, account }) {
    return {
        sentence: `Google does not accept the access token of ${who}, with which ${account} should be impersonated: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        cause: 'The token was revoked, its account was disabled or deleted meanwhile, or IAM does not take tokens of its kind.',
        remedy: 'Run the job again; if the refusal stays, make the credential again.'
    };
}
function invalidRequest({ refusal, impersonation, account }) {
    const { delegates } = impersonation;
    const names = [...delegates, impersonation.account];
    return {
        sentence: `Google calls the request for a token of ${account}${through(impersonation)} invalid: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        cause: 'No role is missing: a service account or the audience is malformed, or a delegate does not exist.',
        remedy: `Check ${delegates.length === 0 ? `the spelling of ${account}` : `that each of ${names.map((name) => (0,safe_text/* safeText */.Hk)(name)).join(', ')} exists`}, and the audience.`,
        snippets: [(0,snippets/* inTerminal */.e5)('see whether each exists', ...names.map(describeCommand))]
    };
}
function otherRefusal({ refusal, impersonation, who, account }) {
    return {
        sentence: `Google refused ${who} a token of ${account} with status ${refusal.status}: ${(0,token_refusal/* quoteWords */.AD)(refusal)}.`,
        remedy: 'Run the job again; if the refusal stays, search for the words of Google.',
        snippets: [(0,snippets/* inTerminal */.e5)('see the account', describeCommand(impersonation.account))]
    };
}
/** A single grant, from the caller to the account. */
function missingGrant({ url, caller, impersonation, who, name, account, method, permission }) {
    const claims = caller.federation?.claims ?? {};
    const old = (0,github_claims/* oldSubject */.Uy)(claims);
    // A federated identity may become an account by the role that was made for it.
    const isFederated = caller.principal.startsWith('principal');
    const role = isFederated && url.pathname.endsWith(':generateAccessToken') ? 'roles/iam.workloadIdentityUser' : method.role;
    const attribute = /\/attribute\.(\w+)\//.exec(caller.principal)?.[1];
    const grantee = attribute === undefined ? name : `this ${attribute}`;
    return {
        sentence: `Google gave ${who} no ${method.what} of ${account}: no grant of ${permission} matches${old === undefined ? '' : ` (a binding on subject/${old}… does not match this form of sub)`}, or there is no such account.`,
        cause: [
            `The grant is missing, names another identity, or is only minutes old. Or ${account} does not exist: Google does not tell strangers.`,
            ...(attribute !== undefined && url.pathname.endsWith(':generateIdToken')
                ? ['roles/iam.workloadIdentityUser contains the permission too, and also gives access tokens.']
                : [])
        ].join(' '),
        remedy: [
            `Grant ${role} on ${account} to ${grantee}, and wait some minutes; if there is no such account, correct the name in ${(0,safe_text/* safeText */.Hk)(impersonation.origin)}.`,
            ...(attribute === undefined
                ? []
                : [`If the grant changes nothing, the provider must map attribute.${attribute} from assertion.${attribute}.`])
        ].join(' '),
        snippets: [
            (0,snippets/* inTerminal */.e5)('grant the role', binding(impersonation.account, caller.principal, role)),
            findCaller(caller),
            (0,snippets/* inTerminal */.e5)('see whether the account exists, and who has which role on it', describeCommand(impersonation.account), `gcloud iam service-accounts get-iam-policy ${(0,snippets/* accountWord */.YN)(impersonation.account)}`),
            compareMembers(caller),
            seeMapping(caller.principal)
        ],
        details: caller.federation?.claims && (0,github_claims/* describeClaims */.Zs)(claims)
    };
}
/** One grant of a chain, from the caller through every delegate to the account. */
function missingLink({ caller, impersonation, who, name, account, method, permission }) {
    const chain = [...impersonation.delegates, impersonation.account];
    const links = chain.map((target, index) => {
        const isLast = index === chain.length - 1;
        const member = index === 0 ? caller.principal : (0,token_principal/* serviceAccountPrincipal */.zU)(chain[index - 1] ?? '');
        return {
            target,
            member,
            who: index === 0 ? name : (0,safe_text/* safeText */.Hk)(chain[index - 1] ?? ''),
            role: isLast ? method.role : 'roles/iam.serviceAccountTokenCreator'
        };
    });
    // The permission that is missing tells which link: the last one mints, the others pass the right on.
    const suspects = permission.endsWith('.implicitDelegation') ? links.slice(0, -1) : links.slice(-1);
    const needs = suspects.map((link) => `${link.who} needs ${link.role} on ${(0,safe_text/* safeText */.Hk)(link.target)}`);
    return {
        sentence: `Google gave ${who} no ${method.what} of ${account}${through(impersonation)}: ${permission} is missing, for which ${needs.join(', or ')}.`,
        cause: `Every link of the chain needs a grant: ${links.map((link) => `${link.who} on ${(0,safe_text/* safeText */.Hk)(link.target)}`).join(', ')}. A grant that is only minutes old does not act yet.`,
        remedy: `Grant ${suspects.map((link) => `${link.role} on ${(0,safe_text/* safeText */.Hk)(link.target)} to ${link.who}`).join(', and ')}.`,
        snippets: [
            (0,snippets/* inTerminal */.e5)('grant the roles', ...suspects.map(({ target, member, role }) => binding(target, member, role))),
            findCaller(caller),
            (0,snippets/* inTerminal */.e5)('see whether the accounts exist', ...suspects.map(({ target }) => describeCommand(target))),
            seeMapping(caller.principal)
        ],
        details: caller.federation?.claims && (0,github_claims/* describeClaims */.Zs)(caller.federation.claims)
    };
}
/** The way of a delegation, between the caller and the account that a sentence names. */
function through({ delegates }) {
    return delegates.length === 0 ? '' : ` through ${delegates.map((name) => (0,safe_text/* safeText */.Hk)(name)).join(' → ')}`;
}
function binding(account, member, role) {
    return `gcloud iam service-accounts add-iam-policy-binding ${(0,snippets/* accountWord */.YN)(account)} --member=${(0,snippets/* shellWord */.r7)((0,token_principal/* narrowPrincipal */.AN)(member))} --role=${role}`;
}
function describeCommand(account) {
    return `gcloud iam service-accounts describe ${(0,snippets/* accountWord */.YN)(account)}`;
}
/** The caller with what Google was shown of it. */
function describeCaller(caller) {
    // The author may have meant another identity.
    if (caller.machine !== undefined)
        return `${nameCaller(caller)} (the identity of this machine, because workload_identity_provider and credentials_json are empty)`;
    const { claims = {} } = caller.federation ?? {};
    const sub = (0,json/* stringIn */.tB)(claims, 'sub');
    return sub === undefined
        ? nameCaller(caller)
        : `${nameCaller(caller)} (${[`sub: ${(0,safe_text/* safeText */.Hk)(sub)}`, ...(0,github_claims/* whatStandsOut */.c_)(claims)].join(', ')})`;
}
function nameCaller({ principal, federation }) {
    if (principal === (0,token_principal/* serviceAccountPrincipal */.zU)(token_principal/* MACHINE_ACCOUNT */.Oh))
        return 'the service account of this machine';
    if (principal.endsWith(token_principal/* UNKNOWN_PERSON */.j_))
        return 'the person who signed in';
    const { claims = {} } = federation ?? {};
    const issuer = (0,json/* stringIn */.tB)(claims, 'iss');
    const name = (0,json/* stringIn */.tB)(claims, 'repository') ?? (issuer === undefined ? undefined : `the identity of ${issuer}`);
    return (0,safe_text/* safeText */.Hk)(name ?? principal.replace(/^(?:serviceAccount|user):/, ''));
}
/** Who a credential stands for, where only the machine or a person can say. */
function findCaller({ principal }) {
    if (principal === (0,token_principal/* serviceAccountPrincipal */.zU)(token_principal/* MACHINE_ACCOUNT */.Oh)) {
        return (0,snippets/* onRunner */.o)(`learn what ${token_principal/* MACHINE_ACCOUNT */.Oh} stands for`, 'curl -H "Metadata-Flavor: Google" http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/email');
    }
    return (principal.endsWith(token_principal/* UNKNOWN_PERSON */.j_) &&
        (0,snippets/* inTerminal */.e5)(`learn what ${token_principal/* UNKNOWN_PERSON */.j_} stands for, where you signed in`, 'gcloud auth list'));
}
/** The forms in which a policy may name a federated identity: https://cloud.google.com/iam/docs/principal-identifiers */
function compareMembers({ federation }) {
    const sub = (0,json/* stringIn */.tB)(federation?.claims, 'sub');
    if (federation === undefined || sub === undefined)
        return undefined;
    const all = (0,safe_text/* safeText */.Hk)((0,token_principal/* federatedPrincipal */.Xo)(federation.audience));
    const attributes = ['repository', 'repository_id', 'repository_owner', 'repository_owner_id'].flatMap((name) => {
        const value = (0,json/* stringIn */.tB)(federation.claims, name);
        return value === undefined ? [] : [`${all.slice(0, -1)}attribute.${name}/${(0,safe_text/* safeText */.Hk)(value)}`];
    });
    return (0,snippets/* toRead */.YP)('One member of the policy must be exactly one of these; which of them can match, the mapping of the provider decides', (0,safe_text/* safeText */.Hk)((0,token_principal/* subjectPrincipal */.hF)(federation.audience, sub)), ...attributes, all);
}
/** https://cloud.google.com/iam/docs/workload-identity-federation#mapping */
function seeMapping(principal) {
    const [, pool] = /\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[\w-]+)\//.exec(principal) ??
        [];
    return (pool !== undefined &&
        (0,snippets/* inTerminal */.e5)('see what the providers of the pool map', `gcloud iam workload-identity-pools providers list --workload-identity-pool=${pool} --format="yaml(name, attributeMapping)"`));
}

// EXTERNAL MODULE: ./src/token/failures/token-endpoint.ts
var token_endpoint = __nccwpck_require__(4068);
// EXTERNAL MODULE: ./src/token/google-hosts.ts
var google_hosts = __nccwpck_require__(7352);
// EXTERNAL MODULE: ./src/token/token-endpoint.ts
var token_token_endpoint = __nccwpck_require__(1208);
;// CONCATENATED MODULE: ./src/token/iam-credentials.ts





/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
 *
 * @returns the token as it came, not yet checked
 * @throws {Failure} IMPERSONATION_DENIED, SERVICE_ACCOUNT_NOT_FOUND, API_DISABLED, GOOGLE_UNAVAILABLE or TOKEN_INVALID
 */
async function generateIdToken(step, request, audience) {
    // Identity-Aware Proxy refuses a token without e-mail.
    return await callIam(step, request, 'generateIdToken', { audience, includeEmail: true });
}
/**
 * Has a service account sign claims: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt
 *
 * @returns the JWT as it came, not yet checked
 * @throws {Failure} as `generateIdToken`
 */
async function signJwtByIam(step, request, claims) {
    return await callIam(step, request, 'signJwt', { payload: JSON.stringify(claims) });
}
/**
 * https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 *
 * @throws {Failure} as `generateIdToken`
 */
async function generateAccessToken(step, request) {
    return await callIam(step, request, 'generateAccessToken', { scope: [google_hosts/* CLOUD_PLATFORM_SCOPE */.Zl] });
}
/** In which member of its answer each method gives the token. */
const MEMBERS = { generateIdToken: 'token', generateAccessToken: 'accessToken', signJwt: 'signedJwt' };
async function callIam(step, { universe, caller, impersonation }, method, body) {
    const url = (0,google_hosts/* iamCredentialsUrl */.rl)(universe, impersonation.account, method);
    const delegates = impersonation.delegates.map(google_hosts/* serviceAccountResource */.pj);
    const request = {
        method: 'POST',
        url,
        headers: {
            authorization: caller.token.asBearer(),
            'content-type': 'application/json',
            accept: 'application/json'
        },
        body: JSON.stringify({ ...body, ...(delegates.length === 0 ? {} : { delegates }) }),
        clientCertificate: caller.clientCertificate,
        holds: { type: 'json', field: MEMBERS[method] }
    };
    const answer = await (0,retried_request/* requestWithRetries */.e)(step, request, token_endpoint/* googleUnavailable */.w);
    if (answer.status >= 400) {
        const machine = await caller.identify?.();
        const refused = { ...caller, machine, ...machine };
        throw (0,token_token_endpoint/* refusedBy */.it)(url, answer, (refusal) => impersonationRefused(refusal, url, refused, impersonation));
    }
    return method === 'generateAccessToken'
        ? (0,token_token_endpoint/* readAccessToken */.o3)(url, answer, MEMBERS[method])
        : (0,token_token_endpoint/* readIdToken */.xm)(url, answer, MEMBERS[method]);
}


/***/ }),

/***/ 8684:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   $k: () => (/* binding */ readPrivateKey),
/* harmony export */   No: () => (/* binding */ signJwt),
/* harmony export */   iU: () => (/* binding */ decodeJwt)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7598);
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_crypto__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(887);


/** A JWT in compact form (RFC 7519, RFC 7515), unverified; undefined where it is none. */
function decodeJwt(jwt) {
    const parts = (typeof jwt === 'string' ? jwt : jwt.reveal()).split('.');
    if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part)))
        return undefined;
    const [header, claims] = parts.slice(0, 2).map((part) => (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .parseJson */ .qF)(Buffer.from(part, 'base64url').toString('utf8')));
    return (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .isObject */ .Gv)(header) && (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_1__/* .isObject */ .Gv)(claims) ? { header, claims } : undefined;
}
/** A JWT signed with RS256 (RFC 7518, 3.3). */
function signJwt(header, payload, key) {
    const parts = [{ alg: 'RS256', typ: 'JWT', ...header }, payload];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    return `${signed}.${(0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.sign)('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}
/** RFC 7518, 3.3: RS256 needs 2048 bits; Google took keys of 1024 once. */
const SHORTEST_KEY_BITS = 1024;
/** The RSA key in a PEM; undefined where there is none. OpenSSL's message is dropped: it may tell about the key. */
function readPrivateKey(pem) {
    try {
        const key = (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createPrivateKey)(pem.reveal());
        const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
        return key.asymmetricKeyType === 'rsa' && bits >= SHORTEST_KEY_BITS ? key : undefined;
    }
    catch {
        return undefined;
    }
}


/***/ }),

/***/ 7484:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  x: () => (/* binding */ createMint)
});

// EXTERNAL MODULE: ./src/token/iam-credentials.ts + 1 modules
var iam_credentials = __nccwpck_require__(9301);
// EXTERNAL MODULE: ./src/token/principal.ts
var principal = __nccwpck_require__(35);
// EXTERNAL MODULE: ./src/world/step.ts
var world_step = __nccwpck_require__(4920);
// EXTERNAL MODULE: ./src/token/jwt.ts
var token_jwt = __nccwpck_require__(8684);
// EXTERNAL MODULE: ./src/failure/failure.ts
var failure = __nccwpck_require__(4592);
// EXTERNAL MODULE: ./src/failure/snippets.ts
var snippets = __nccwpck_require__(1926);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
;// CONCATENATED MODULE: ./src/token/failures/id-token.ts



/** A token came, and it is not what was asked for. @param problem names claims, never the token */
function tokenInvalid(problem, audience, flaw) {
    return new failure/* Failure */.HR({
        code: 'TOKEN_INVALID',
        sentence: `The ID token for ${(0,safe_text/* safeText */.Hk)(audience)} is not the one that was asked for: ${(0,safe_text/* safeText */.Hk)(problem)}.`,
        ...(typeof flaw === 'string' ? FLAWS[flaw] : adviseOnAccount(flaw.account))
    });
}
const CHECK_PROXY = (0,snippets/* onRunner */.o)('see which proxy is used, and who signed the certificate', 'env | grep -i _proxy', "curl -sv https://www.googleapis.com/ -o /dev/null 2>&1 | grep -i 'issuer:'");
const FLAWS = {
    form: {
        cause: "Something between this machine and Google, such as a proxy, answered in Google's place.",
        remedy: 'Check the proxy of the runner (HTTPS_PROXY), and run the job again.',
        snippets: [CHECK_PROXY]
    },
    issuer: {
        cause: "The token was signed in another universe, or by something that answered in Google's place.",
        remedy: 'Check the input universe and the proxy of the runner (HTTPS_PROXY).',
        snippets: [(0,snippets/* inStep */.qg)('universe: googleapis.com'), CHECK_PROXY]
    },
    audience: {
        cause: "Something in Google's place, such as a proxy or an emulated metadata server, kept an older token.",
        remedy: 'Check the proxy (HTTPS_PROXY) and the metadata server (GCE_METADATA_HOST) of the runner.',
        snippets: [CHECK_PROXY]
    },
    expiry: {
        cause: 'Something, such as a proxy or an emulated metadata server, kept an old token, or the clock of this machine is wrong.',
        remedy: 'Run the job again; if that does not help, check the proxy (HTTPS_PROXY), the metadata server (GCE_METADATA_HOST) and the clock of this machine.',
        snippets: [snippets/* SET_CLOCK */.GP]
    }
};
function adviseOnAccount(account) {
    return account === undefined
        ? {
            cause: "The metadata server gave a token without e-mail, or something answered in Google's place.",
            remedy: 'Set service_account, so that the token is of an account that is known.',
            snippets: [(0,snippets/* inStep */.qg)('service_account: NAME@PROJECT.iam.gserviceaccount.com')]
        }
        : {
            cause: "Every ID token is asked for with the e-mail (includeEmail), and a misspelled account gives no token at all: what answered is not Google's IAM.",
            remedy: 'Check the proxy of the runner (HTTPS_PROXY) and the input universe.',
            snippets: [
                CHECK_PROXY,
                (0,snippets/* inTerminal */.e5)('see the account', `gcloud iam service-accounts describe ${(0,snippets/* accountWord */.YN)(account)}`)
            ]
        };
}

// EXTERNAL MODULE: ./src/guard/json.ts
var json = __nccwpck_require__(887);
// EXTERNAL MODULE: ./src/token/google-hosts.ts
var google_hosts = __nccwpck_require__(7352);
;// CONCATENATED MODULE: ./src/token/id-token.ts




/**
 * Checks that a token is the one that was asked for. The signature is not checked: the token came from Google over TLS, and
 * who receives it will. https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 *
 * @throws {Failure} TOKEN_INVALID, which names claims but never the token
 */
function checkIdToken(jwt, expected) {
    const { account } = expected;
    const claims = (0,token_jwt/* decodeJwt */.iU)(jwt)?.claims;
    if (claims === undefined)
        throw tokenInvalid('it is not a JSON Web Token', expected.audience, 'form');
    const wrong = (what, claim, flaw, demanded) => {
        const actual = claims[claim] === undefined ? 'missing' : JSON.stringify(claims[claim]);
        const must = demanded === undefined ? '' : `, and must be "${demanded}"`;
        return tokenInvalid(`its ${what} (${claim}) is ${actual}${must}`, expected.audience, flaw);
    };
    const issuer = (0,json/* stringIn */.tB)(claims, 'iss');
    if (!issuersOf(expected.universe).includes(issuer ?? ''))
        throw wrong('issuer', 'iss', 'issuer');
    const audience = (0,json/* stringIn */.tB)(claims, 'aud');
    if (audience === undefined ||
        (audience !== expected.audience && expected.fixedAudience?.includes(audience) !== true)) {
        throw wrong('audience', 'aud', 'audience', expected.audience);
    }
    const { exp } = claims;
    // ECMAScript knows no time beyond 8.64e15 milliseconds.
    if (typeof exp !== 'number' || !(Math.abs(exp * 1000) <= 8.64e15))
        throw tokenInvalid('it does not say when it expires (exp)', expected.audience, 'form');
    if (exp * 1000 <= expected.now) {
        throw tokenInvalid(`it expired at ${new Date(exp * 1000).toISOString()}, and it is ${new Date(expected.now).toISOString()}`, expected.audience, 'expiry');
    }
    const email = (0,json/* stringIn */.tB)(claims, 'email');
    if (account === undefined || account.includes('@')) {
        const known = email !== undefined || expected.fixedAudience !== undefined;
        if (!known || (account !== undefined && email?.toLowerCase() !== account.toLowerCase()))
            throw wrong('e-mail', 'email', { account }, account);
    }
    else if ((0,json/* stringIn */.tB)(claims, 'sub') !== account) {
        throw wrong('subject', 'sub', { account }, account);
    }
    return { kind: 'id_token', jwt, claims, audience, email: email ?? '', expiresAt: exp * 1000 };
}
/** Google's issuer is the same for every product; verifiers know the older form too. */
function issuersOf(universe) {
    const google = ['https://accounts.google.com', 'accounts.google.com'];
    return universe === google_hosts/* DEFAULT_UNIVERSE */.SO ? google : [...google, `https://accounts.${universe}`];
}

;// CONCATENATED MODULE: ./src/token/iap-jwt.ts


/** Identity-Aware Proxy takes a JWT whose life is no longer than this. */
const LIFETIME_S = 3_600;
/** So that a token is not from the future where the clock of Identity-Aware Proxy is a little behind. */
const LEEWAY_S = 10;
/**
 * The claims that Identity-Aware Proxy expects: https://cloud.google.com/iap/docs/authentication-howto#authenticating_with_a_jwt
 *
 * @param email of the service account; a unique id will not do
 * @param audience an exact URL, or a prefix and `/*`
 * @param now by Google's clock, in milliseconds since the epoch
 */
function createIapClaims(email, audience, now) {
    const iat = Math.floor(now / 1000) - LEEWAY_S;
    return { iss: email, sub: email, aud: audience, iat, exp: iat + LIFETIME_S };
}
/**
 * Checks a signed JWT claim by claim against what was to be signed. Identity-Aware Proxy checks the signature.
 *
 * @throws {Failure} TOKEN_INVALID, which names claims but never the token
 */
function checkIapJwt(jwt, expected) {
    const claims = (0,token_jwt/* decodeJwt */.iU)(jwt)?.claims;
    if (claims === undefined)
        throw tokenInvalid('it is not a JSON Web Token', expected.aud, 'form');
    for (const [name, value] of Object.entries(expected)) {
        if (claims[name] === value)
            continue;
        const shown = claims[name] === undefined ? 'missing' : JSON.stringify(claims[name]);
        throw tokenInvalid(`its claim ${name} is ${shown}, and ${JSON.stringify(value)} was to be signed`, expected.aud, 'form');
    }
    return {
        kind: 'iap_jwt',
        jwt,
        claims,
        audience: expected.aud,
        email: expected.iss,
        expiresAt: expected.exp * 1000
    };
}

;// CONCATENATED MODULE: ./src/token/mint.ts





/** A federated token lives no longer than the token it was exchanged for; GitHub's lives five minutes. */
const CALLER_LIFETIME_MS = 4 * 60 * 1000;
function createMint(step, { universe, token: kind }, identity) {
    const { credential, impersonations } = identity;
    const target = impersonations.at(-1);
    const expected = {
        account: target?.account ?? credential.account,
        universe,
        fixedAudience: target === undefined ? credential.fixedAudience : undefined
    };
    let last;
    async function caller() {
        if (last === undefined || step.now() - last.since > CALLER_LIFETIME_MS) {
            last = { since: step.now(), promise: becomeCaller(step, universe, identity) };
        }
        return await last.promise;
    }
    async function requestFor(impersonation) {
        return { universe, caller: await caller(), impersonation };
    }
    async function askForIdToken(audience) {
        if (target !== undefined)
            return await (0,iam_credentials/* generateIdToken */.Wk)(step, await requestFor(target), audience);
        // findIdentity has seen to it that a credential without impersonations has an ID token of its own.
        if (credential.idToken === undefined)
            throw new Error('no ID token and no account to impersonate');
        return await credential.idToken(audience);
    }
    async function signIapJwt(audience) {
        const write = (email) => createIapClaims(email, audience, step.googleNow());
        if (target !== undefined) {
            const request = await requestFor(target);
            // Not before: the answer with the caller's token tells Google's time.
            const claims = write(target.account);
            return checkIapJwt(await (0,iam_credentials/* signJwtByIam */.Bu)(step, request, claims), claims);
        }
        // findIdentity has seen to it that a credential without impersonations can sign.
        if (credential.signJwt === undefined)
            throw new Error('no signature and no account to impersonate');
        let claims = write('');
        const jwt = await credential.signJwt((email) => (claims = write(email)));
        return checkIapJwt(jwt, claims);
    }
    return {
        caller,
        async token(audience) {
            if (kind === 'iap_jwt')
                return await signIapJwt(audience);
            const jwt = await askForIdToken(audience);
            return checkIdToken(jwt, { ...expected, audience, now: (0,world_step/* earlierNow */.FG)(step) });
        }
    };
}
/** Becomes every account before the last, one after the other. */
async function becomeCaller(step, universe, { credential, impersonations }) {
    let caller = { principal: credential.principal, ...(await credential.accessToken()) };
    for (const impersonation of impersonations.slice(0, -1)) {
        caller = {
            token: await (0,iam_credentials/* generateAccessToken */.Vg)(step, { universe, caller, impersonation }),
            principal: (0,principal/* serviceAccountPrincipal */.zU)(impersonation.account)
        };
    }
    return caller;
}


/***/ }),

/***/ 35:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   AN: () => (/* binding */ narrowPrincipal),
/* harmony export */   C5: () => (/* binding */ memberOf),
/* harmony export */   KA: () => (/* binding */ isPerson),
/* harmony export */   Oh: () => (/* binding */ MACHINE_ACCOUNT),
/* harmony export */   Xo: () => (/* binding */ federatedPrincipal),
/* harmony export */   hF: () => (/* binding */ subjectPrincipal),
/* harmony export */   j_: () => (/* binding */ UNKNOWN_PERSON),
/* harmony export */   te: () => (/* binding */ parseProvider),
/* harmony export */   zU: () => (/* binding */ serviceAccountPrincipal)
/* harmony export */ });
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);


/**
 * How IAM names the identities of a pool, for the commands that grant them something
 * (https://cloud.google.com/iam/docs/principal-identifiers): those of one GitHub repository, where it is known, else all.
 *
 * @param audience `//iam.googleapis.com/…/workloadIdentityPools/POOL/providers/PROVIDER`, or of a workforce pool
 * @param repository `OWNER/REPOSITORY`
 */
function federatedPrincipal(audience, repository) {
    return `principalSet://${poolOf(audience)}/${repository === undefined ? '*' : `attribute.repository/${repository}`}`;
}
/** The same for one of them. Its subject is what the provider maps to `google.subject`, mostly the claim `sub`. */
function subjectPrincipal(audience, subject) {
    return `principal://${poolOf(audience)}/subject/${subject}`;
}
/** @param audience `//iam.googleapis.com/…/providers/PROVIDER`; undefined where it has another form */
function parseProvider(audience) {
    const name = audience.replace(/^(?:https:)?\/\/iam\.googleapis\.com\//, '');
    const [, project, pool, provider] = /^projects\/(\d+)\/locations\/global\/workloadIdentityPools\/(\w[\w-]*)\/providers\/(\w[\w-]*)$/.exec(name) ?? [];
    if (project !== undefined && pool !== undefined && provider !== undefined)
        return { kind: 'workload-identity', project, pool, provider };
    const [, staff, idp] = /^locations\/global\/workforcePools\/(\w[\w-]*)\/providers\/(\w[\w-]*)$/.exec(name) ?? [];
    return staff === undefined || idp === undefined ? undefined : { kind: 'workforce', pool: staff, provider: idp };
}
/** `iam.googleapis.com/…/workloadIdentityPools/POOL` */
function poolOf(audience) {
    return audience.replace(/^(https:)?\/\//, '').replace(/\/providers\/[^/]*$/, '');
}
/** One of a pool where all of them would be too many to grant something to: the reader fills in SUBJECT. */
function narrowPrincipal(principal) {
    return principal.endsWith('/*')
        ? `${principal.replace(/^principalSet:/, 'principal:').slice(0, -1)}subject/SUBJECT`
        : principal;
}
/** A service account as IAM names it. */
function serviceAccountPrincipal(account) {
    return `serviceAccount:${account}`;
}
/** Stands for the account of a machine, which its metadata server knows. */
const MACHINE_ACCOUNT = 'SERVICE_ACCOUNT_OF_THIS_MACHINE';
/** Stands for a person whose credentials do not have the e-mail. */
const UNKNOWN_PERSON = 'YOUR_EMAIL';
/** Whether a token with this e-mail is a person's. */
function isPerson(email) {
    return email !== '' && !email.toLowerCase().endsWith('.gserviceaccount.com');
}
/** How IAM names the holder of a token (https://cloud.google.com/iam/docs/principal-identifiers), for commands that grant something. */
function memberOf(email) {
    const known = (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(email);
    if (known === '')
        return serviceAccountPrincipal(_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .UNKNOWN_ACCOUNT */ .vJ);
    return isPerson(known) ? `user:${known}` : serviceAccountPrincipal(known);
}


/***/ }),

/***/ 2813:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   AD: () => (/* binding */ quoteWords),
/* harmony export */   HJ: () => (/* binding */ quoteRefusal),
/* harmony export */   L9: () => (/* binding */ projectIn),
/* harmony export */   ni: () => (/* binding */ readRefusal)
/* harmony export */ });
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(887);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);


function readRefusal(answer) {
    const date = Date.parse(answer.headers['date'] ?? '');
    const common = { status: answer.status, googleTime: Number.isNaN(date) ? undefined : date };
    const error = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)(answer.json, 'error');
    if (Object.keys(error).length > 0) {
        const details = Array.isArray(error['details']) ? error['details'].filter(_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isObject */ .Gv) : [];
        const info = details.find((detail) => (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(detail, 'reason') !== undefined) ?? {};
        return {
            ...common,
            code: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(error, 'status') ?? ''),
            message: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(error, 'message') ?? ''),
            reason: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(info, 'reason') ?? ''),
            metadata: Object.assign({}, ...details.map((detail) => (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)(detail, 'metadata'))),
            links: details.flatMap(readLinks)
        };
    }
    const code = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(answer.json, 'error');
    return {
        ...common,
        code: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(code ?? ''),
        message: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(answer.json, 'error_description') ?? (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(answer.json, 'message') ?? answer.text, 500),
        reason: (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(answer.json, 'error_subtype') ?? ''),
        metadata: {},
        links: []
    };
}
/** @returns only what leads to Google */
function readLinks(detail) {
    const links = Array.isArray(detail['links']) ? detail['links'].filter(_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isObject */ .Gv) : [];
    return links
        .map((link) => (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(link, 'url') ?? ''))
        .filter((link) => /^https:\/\/(?:[a-z0-9-]+\.)*google\.com\/[\w./?=&%:;#-]*$/.test(link));
}
/** The refusal as one line: what Google answered, in its own words. */
function quoteRefusal(refusal) {
    return [`${refusal.status}`, refusal.code, refusal.message, ...refusal.links].filter((part) => part !== '').join(' ');
}
/** The same as part of a sentence: without the status and the full stop at its end. */
function quoteWords({ status, code, message }) {
    const words = (message === '' ? code : message).replace(/\.+$/, '');
    return words === '' ? `status ${status} without a reason` : `"${words}"`;
}
/** The project that a refusal is about, by its id or its number. */
function projectIn({ metadata, message }) {
    return /projects?[/ ](\w[\w-]*)/.exec(`${(0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)(metadata, 'consumer') ?? ''} ${message}`)?.[1] ?? 'PROJECT';
}


/***/ }),

/***/ 1208:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Fr: () => (/* binding */ requestToken),
/* harmony export */   it: () => (/* binding */ refusedBy),
/* harmony export */   o3: () => (/* binding */ readAccessToken),
/* harmony export */   xm: () => (/* binding */ readIdToken)
/* harmony export */ });
/* harmony import */ var _world_retried_request_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(5243);
/* harmony import */ var _failures_token_endpoint_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(4068);
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(887);
/* harmony import */ var _refusal_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(2813);




/**
 * Posts a grant and returns the answer to it, which has a status below 400.
 *
 * @param refused what to fail with where Google refuses the grant
 * @throws {Failure} what `refused` returns, or GOOGLE_UNAVAILABLE
 */
async function requestToken(step, { tokenUrl: url, form, client, clientCertificate }, refused) {
    const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
        ...(client === undefined ? {} : { authorization: basicAuthorization(client) })
    };
    const request = { method: 'POST', url, headers, body: form, clientCertificate };
    const answer = await (0,_world_retried_request_js__WEBPACK_IMPORTED_MODULE_0__/* .requestWithRetries */ .e)(step, request, _failures_token_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .googleUnavailable */ .w);
    if (answer.status >= 400)
        throw refusedBy(url, answer, refused);
    return answer;
}
/** Google refuses in JSON; a page in its place is from elsewhere, such as a proxy, and says nothing about the request. */
function refusedBy(url, answer, refused) {
    return answer.text.trim() !== '' ? (0,_failures_token_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .googleUnavailable */ .w)(url, answer, 1) : refused((0,_refusal_js__WEBPACK_IMPORTED_MODULE_3__/* .readRefusal */ .ni)(answer));
}
/**
 * The opaque token in an answer's JSON.
 *
 * @throws {Failure} TOKEN_INVALID where there is none that can be sent in a header
 */
function readAccessToken(url, answer, member) {
    const token = readIdToken(url, answer, member);
    // RFC 6750, 2.1: what may follow "Bearer ".
    if (!token.matches(/^[\x21-\x7e]+$/))
        throw (0,_failures_token_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenMissing */ .O)(url, answer);
    return token;
}
/**
 * The ID token in an answer's JSON, not yet checked.
 *
 * @throws {Failure} TOKEN_INVALID where there is none
 */
function readIdToken(url, answer, member) {
    const token = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_2__/* .secretIn */ .u7)(answer.json, member);
    if (answer.status !== 200 || token === undefined)
        throw (0,_failures_token_endpoint_js__WEBPACK_IMPORTED_MODULE_1__/* .tokenMissing */ .O)(url, answer);
    return token;
}
function basicAuthorization({ id, secret }) {
    return secret?.asPasswordOf(id) ?? `Basic ${Buffer.from(`${id}:`).toString('base64')}`;
}


/***/ }),

/***/ 921:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Z: () => (/* binding */ createConnectionPool),
/* harmony export */   e: () => (/* binding */ whenAborted)
/* harmony export */ });
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7067);
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_http__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_https__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(4708);
/* harmony import */ var node_https__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_https__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _connection_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(4054);



/** @param closing ends whatever is being opened */
function createConnectionPool(closing) {
    const prepared = new Map();
    const plain = openBy(takeOrOpen, new (node_http__WEBPACK_IMPORTED_MODULE_0___default().Agent)({ keepAlive: true }));
    const tls = openBy(takeOrOpen, new (node_https__WEBPACK_IMPORTED_MODULE_1___default().Agent)({ keepAlive: true }));
    async function takeOrOpen(destination, signal) {
        // A certificate is shown while a connection opens, so that one which was opened without it is of no use.
        const { origin } = destination.url;
        const waiting = destination.clientCertificate === undefined ? prepared.get(origin)?.shift() : undefined;
        if (waiting !== undefined) {
            const socket = await Promise.race([waiting.catch(() => undefined), whenAborted(signal)]);
            if (socket !== undefined && !socket.destroyed) {
                endIdle(socket);
                return socket;
            }
        }
        return await (0,_connection_js__WEBPACK_IMPORTED_MODULE_2__/* .openConnection */ .J)(destination, signal);
    }
    return {
        agentFor: ({ protocol }) => (protocol === 'http:' ? plain : tls),
        prepare(url) {
            const opening = (0,_connection_js__WEBPACK_IMPORTED_MODULE_2__/* .openConnection */ .J)({ url }, closing);
            opening.then(
            // Left over at the end, because the run failed before it was needed.
            (socket) => {
                watchIdle(socket);
                closing.addEventListener('abort', () => socket.destroy(), { once: true });
            }, 
            // The request that needs the connection reports the failure.
            () => undefined);
            prepared.set(url.origin, [...(prepared.get(url.origin) ?? []), opening]);
        },
        close() {
            plain.destroy();
            tls.destroy();
        }
    };
}
/** An agent that keeps connections as it always does, but opens them our way, and watches those that are idle. */
function openBy(open, agent) {
    // The types do not know that it says whether the connection is kept.
    const keep = agent.keepSocketAlive.bind(agent);
    const reuse = agent.reuseSocket.bind(agent);
    agent.keepSocketAlive = (socket) => {
        watchIdle(socket);
        return keep(socket);
    };
    agent.reuseSocket = (socket, request) => {
        endIdle(socket);
        reuse(socket, request);
    };
    agent.createConnection = (options, callback) => {
        const { destination, connectionSignal } = options;
        open(destination, connectionSignal).then((socket) => callback?.(null, socket), (error) => callback?.(error instanceof Error ? error : new Error('no connection'), undefined));
        return undefined;
    };
    return agent;
}
/**
 * Ends an idle connection on which anything comes: an answer without a request, such as the 408 that some servers send before they
 * close (RFC 9110, 15.5.9), would be taken for the answer to the next request.
 */
function watchIdle(socket) {
    socket.on('data', destroyThis);
}
function endIdle(socket) {
    socket.off('data', destroyThis);
}
function destroyThis() {
    this.destroy();
}
/** To race against what must not take longer than a request may. */
async function whenAborted(signal) {
    if (signal.aborted)
        return;
    await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true });
    });
}


/***/ }),

/***/ 4054:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  J: () => (/* binding */ openConnection),
  h: () => (/* binding */ revealCertificate)
});

;// CONCATENATED MODULE: external "node:dns/promises"
const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:dns/promises");
// EXTERNAL MODULE: external "node:events"
var external_node_events_ = __nccwpck_require__(8474);
// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __nccwpck_require__(7067);
var external_node_http_default = /*#__PURE__*/__nccwpck_require__.n(external_node_http_);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __nccwpck_require__(7030);
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __nccwpck_require__(8500);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __nccwpck_require__(1692);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
// EXTERNAL MODULE: ./src/world/proxy-setting.ts
var proxy_setting = __nccwpck_require__(9005);
;// CONCATENATED MODULE: ./src/world/connection.ts









/**
 * Opens a connection that is ready for a request: after the TLS handshake, and through the proxy that the environment names
 * for the host. Plain `http` is for loopback and link-local addresses alone and never goes through a proxy.
 *
 * Rejects with a `ConnectionError`, or with the signal's reason once it fires.
 */
async function openConnection(destination, signal) {
    const { url } = destination;
    const secure = url.protocol === 'https:';
    const port = portOf(url);
    const proxy = secure ? (0,proxy_setting/* findProxy */.EE)(url) : undefined;
    const tcp = proxy === undefined
        ? await openTcp(hostOf(url), port, signal)
        : await openTunnel(proxy, `${url.hostname}:${port}`, signal);
    return secure ? await openTls(tcp, hostOf(url), destination, signal) : tcp;
}
/** Options of TLS. */
function revealCertificate(certificate) {
    return certificate === undefined ? {} : { cert: certificate.cert, key: certificate.key.reveal() };
}
/** The host as sockets want it: an IPv6 address without its brackets. */
function hostOf(url) {
    return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
function portOf({ port, protocol }) {
    return Number(port || (protocol === 'https:' ? 443 : 80));
}
/** RFC 8305, 5: the recommended delay between two attempts. */
const NEXT_ADDRESS_MS = 250;
/** Errors that say less about a host than any other: of one of two address families, on a machine that has only the other. */
const NO_ROUTE = ['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'];
/**
 * Connects to whichever address of the host answers first. As RFC 8305 says, the next one is tried after a short delay, or as soon
 * as one has failed, while the attempts before it go on. Node's own `autoSelectFamily` gives an address up when it turns to the
 * next, so that a handshake which takes longer than the delay never succeeds.
 */
async function openTcp(host, port, signal) {
    const decided = new AbortController();
    const attempts = [];
    try {
        for (const { address } of alternateFamilies(await resolve(host))) {
            // Node's agents switch this on for connections of their own; without it, a body that follows its head waits for an acknowledgement.
            const attempt = whenReady((0,external_node_net_.connect)({ port, host: address, noDelay: true }), 'connect', AbortSignal.any([signal, decided.signal]));
            attempts.push(attempt);
            const delay = (0,promises_.setTimeout)(NEXT_ADDRESS_MS, undefined, { signal: decided.signal }).catch(() => undefined);
            const socket = await Promise.race([Promise.any(attempts), attempt, delay]).catch(() => undefined);
            if (socket !== undefined)
                break;
        }
        const first = await Promise.any(attempts);
        for (const attempt of attempts)
            attempt.then((socket) => socket === first || socket.destroy(), ignore);
        return first;
    }
    catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof AggregateError))
            throw error;
        const errors = error.errors;
        throw errors.find(({ code }) => !NO_ROUTE.includes(code)) ?? error.errors[0];
    }
    finally {
        decided.abort();
    }
}
async function resolve(host) {
    try {
        return await (0,promises_namespaceObject.lookup)(host, { all: true });
    }
    catch (error) {
        throw explainError((0,safe_text/* codeOf */.$N)(error));
    }
}
/** RFC 8305, 4: the families in turn, beginning with the one that the system prefers. */
function alternateFamilies(addresses) {
    const preferred = addresses.filter(({ family }) => family === addresses[0]?.family);
    const others = addresses.filter(({ family }) => family !== addresses[0]?.family);
    const pairs = preferred.flatMap((address, index) => [address, ...others.slice(index, index + 1)]);
    return [...pairs, ...others.slice(preferred.length)];
}
async function openTls(socket, host, { clientCertificate, protocol }, signal) {
    try {
        const tls = (0,external_node_tls_.connect)({
            socket,
            host,
            // RFC 6066, 3: a literal IP address is no server name.
            ...((0,external_node_net_.isIP)(host) === 0 ? { servername: host } : {}),
            ALPNProtocols: [protocol ?? 'http/1.1'],
            ...revealCertificate(clientCertificate)
        });
        return await whenReady(tls, 'secureConnect', signal);
    }
    catch (error) {
        socket.destroy();
        // A certificate and a key that do not belong together make Node throw before it tries.
        throw error instanceof outcome/* ConnectionError */.Rc || signal.aborted ? error : explainError((0,safe_text/* codeOf */.$N)(error));
    }
}
/** A tunnel through an HTTP proxy: RFC 9110, 9.3.6. */
async function openTunnel(proxy, authority, signal) {
    const { url, credentials } = proxy;
    const connection = await openProxy(url, signal);
    const request = external_node_http_default().request({
        createConnection: () => connection,
        method: 'CONNECT',
        path: authority,
        headers: {
            host: authority,
            ...(credentials === undefined ? {} : { 'proxy-authorization': `Basic ${credentials.toString('base64')}` })
        },
        signal
    });
    return await new Promise((resolve, reject) => {
        const fail = (what) => {
            connection.destroy();
            reject(new outcome/* ConnectionError */.Rc('PROXY', `the proxy ${url.host} ${what}`, 'proxy'));
        };
        request.once('connect', ({ statusCode = 0 }, socket) => {
            if (statusCode >= 200 && statusCode < 300)
                resolve(socket);
            else
                fail(`answered ${statusCode} to CONNECT`);
        });
        request.once('response', () => {
            fail('did not answer CONNECT with a tunnel');
        });
        request.once('error', (error) => {
            fail(`broke off (${(0,safe_text/* codeOf */.$N)(error)})`);
        });
        request.end();
    });
}
async function openProxy(url, signal) {
    const host = hostOf(url);
    try {
        const tcp = await openTcp(host, portOf(url), signal);
        return url.protocol === 'https:' ? await openTls(tcp, host, {}, signal) : tcp;
    }
    catch (error) {
        throw new outcome/* ConnectionError */.Rc('PROXY', `the proxy ${url.host} could not be reached (${(0,safe_text/* codeOf */.$N)(error)})`, 'proxy');
    }
}
/** @throws {ConnectionError} where the socket fails first; it is destroyed then */
async function whenReady(socket, event, signal) {
    // An idle connection may break without harm; a request in flight has its own error listener.
    socket.on('error', ignore);
    try {
        await (0,external_node_events_.once)(socket, event, { signal });
        return socket;
    }
    catch (error) {
        socket.destroy();
        throw signal.aborted ? error : explainError((0,safe_text/* codeOf */.$N)(error));
    }
}
function ignore() {
    // Said elsewhere, or of no consequence.
}
/** What Node's codes mean; the first that fits. */
const MEANINGS = [
    [/^ECONNREFUSED$/, 'connection refused', 'refusal'],
    [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'the host name cannot be resolved', 'connection'],
    [/^ECONNRESET$/, 'connection reset', 'connection'],
    [/^(?:EHOSTUNREACH|ENETUNREACH)$/, 'no route to the host', 'connection'],
    // OpenSSL's codes for what its library met, such as ERR_SSL_WRONG_VERSION_NUMBER where the other side does not speak TLS.
    [/^ERR_SSL_|^EPROTO$/, 'the TLS handshake failed', 'handshake'],
    // https://nodejs.org/api/tls.html#x509-certificate-error-codes: CERT_HAS_EXPIRED, SELF_SIGNED_CERT_IN_CHAIN, …
    [
        /CERT|CRL|SIGNATURE|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED/,
        'the TLS certificate was not accepted',
        'certificate'
    ]
];
function explainError(code) {
    const [, meaning, trouble] = MEANINGS.find(([known]) => known.test(code)) ?? [];
    return new outcome/* ConnectionError */.Rc(code, `${meaning ?? 'no connection'} (${code})`, trouble);
}


/***/ }),

/***/ 2456:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   K: () => (/* binding */ explainInterception),
/* harmony export */   n: () => (/* binding */ explainNoAnswer)
/* harmony export */ });
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);


/** Where the operator of a host publishes incidents. */
const STATUS_PAGES = { Google: 'https://status.cloud.google.com', GitHub: 'https://www.githubstatus.com' };
/**
 * Why a host gave no answer, the same for every host.
 *
 * @param whose host it is, where that says whose incidents to look for
 */
function explainNoAnswer({ trouble, timedOut, reason }, url, whose) {
    const host = (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.host);
    switch (trouble) {
        case 'proxy setting':
            return {
                cause: 'The step goes round no proxy by itself, so that nothing was sent.',
                remedy: `Correct the variable, or name ${url.hostname} in NO_PROXY if no proxy is needed.`,
                snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inStepEnv */ .tv)('', 'HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT'), setNoProxy(url.hostname)]
            };
        case 'proxy':
            return {
                cause: 'HTTPS_PROXY names a proxy that does not let the connection through.',
                remedy: `Let the proxy pass connections to ${host}${url.port === '' ? ':443' : ''}, or name ${url.hostname} in NO_PROXY.`,
                snippets: [setNoProxy(url.hostname), showHandshake(url)]
            };
        case 'certificate':
            return explainCertificate(url, host, reason);
        case 'handshake':
            return {
                cause: `${host} does not speak TLS on this port, asks for a client certificate, or a proxy opens TLS.`,
                remedy: `Check host and port of ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.origin)}, and let a proxy, if there is one, leave TLS to ${host} alone.`,
                snippets: [showHandshake(url), setNoProxy(url.hostname)]
            };
        case 'refusal':
        case 'connection': {
            const incident = whose === undefined ? '' : `; ${STATUS_PAGES[whose]} shows incidents of ${whose}`;
            return {
                remedy: /ENOTFOUND|EAI_AGAIN/.test(reason)
                    ? `Check the spelling of ${host} and the DNS of this machine${incident}.`
                    : `Let this machine reach ${host}${timedOut ? ' and get an answer in time' : ''}: look at firewall and HTTPS_PROXY, then run the job again${incident}.`,
                snippets: [showHandshake(url)]
            };
        }
    }
}
/** Node's code is in the reason: https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function explainCertificate(url, host, reason) {
    const snippets = [showHandshake(url)];
    if (/EXPIRED|NOT_YET_VALID/.test(reason)) {
        return {
            cause: `The certificate of ${host} has expired or is not valid yet, or the clock of this machine is wrong.`,
            remedy: `Renew the certificate of ${host}; if the certificate is valid, set the clock of this machine.`,
            snippets
        };
    }
    if (/ALTNAME|HOSTNAME/.test(reason)) {
        return {
            cause: 'A custom domain that is new gets its certificate some minutes later, or a proxy answers in its place.',
            remedy: `Use the name for which the certificate was issued, or give ${host} a certificate for ${host}.`,
            snippets
        };
    }
    return {
        cause: `An authority that Node does not know issued the certificate of ${host}: a private one, or a proxy that opens TLS.`,
        remedy: `Set NODE_EXTRA_CA_CERTS, for this step or for the runner, to a file with the authority's certificate that signs for ${host} here.`,
        snippets: [(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inStepEnv */ .tv)('', 'NODE_EXTRA_CA_CERTS: /path/to/authority.pem'), ...snippets]
    };
}
/** Something that is not the host answered in its place, such as a proxy or the sign-in page of a network. */
function explainInterception(url) {
    return {
        cause: 'A proxy that opens TLS, or the sign-in page of a network, answered in its place.',
        remedy: `Let this machine reach ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(url.host)} directly, or through a proxy that leaves TLS alone: look at HTTPS_PROXY and NO_PROXY.`,
        snippets: [showHandshake(url), setNoProxy(url.hostname)]
    };
}
/** Who really answers on a host, and through which proxy. */
function showHandshake(url) {
    return (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .onRunner */ .o)('see who signed the certificate and which proxy is used', `curl -sv ${(0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .shellWord */ .r7)(`${url.origin}/`)} -o /dev/null 2>&1 | grep -iE 'issuer:|proxy|refused|resolve'`);
}
/** The action reads NO_PROXY from the environment of the step, too; a list of host names, separated by commas. */
function setNoProxy(host) {
    return (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inStepEnv */ .tv)(', with what NO_PROXY holds already, after commas', `NO_PROXY: ${JSON.stringify((0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(host))}`);
}


/***/ }),

/***/ 4173:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   AV: () => (/* binding */ skipDependabot),
/* harmony export */   Fr: () => (/* binding */ skipForks),
/* harmony export */   Lc: () => (/* binding */ explainWithheld),
/* harmony export */   hx: () => (/* binding */ describeJob),
/* harmony export */   tq: () => (/* binding */ inJob)
/* harmony export */ });
/* harmony import */ var _failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1926);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(6530);


/** A run that GitHub gives no secrets, for an input that is empty. @returns undefined where nothing restricts the run */
function explainWithheld(env, restriction) {
    if (restriction === undefined)
        return undefined;
    const { id } = describeJob(env);
    const isFork = restriction.kind === 'fork';
    const who = isFork
        ? `this pull request comes from the fork ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(restriction.repository)}`
        : 'Dependabot started this run';
    return {
        because: `${who}, and GitHub gives such a run no secrets`,
        remedy: `Skip job ${id} for ${isFork ? 'pull requests from forks' : 'Dependabot'}; on push after the merge the same job gets secrets.`,
        snippets: [isFork ? skipForks(id) : skipDependabot(id)]
    };
}
/** Skips a job where a pull request comes from a fork, whatever the event: a review of it, for example. */
function skipForks(job) {
    return inJob(job, '    if: ${{ !github.event.pull_request || github.event.pull_request.head.repo.full_name == github.repository }}');
}
/** The actor would be the person who runs the job again. */
function skipDependabot(job) {
    return inJob(job, "    if: ${{ github.event.pull_request.user.login != 'dependabot[bot]' }}");
}
function inJob(job, ...lines) {
    return (0,_failure_snippets_js__WEBPACK_IMPORTED_MODULE_0__/* .inWorkflow */ .FT)('jobs:', `  ${job}:`, ...lines);
}
/** The job by its id, and with the workflow that was started, which may call the one of the job. */
function describeJob(env) {
    const id = /^[A-Za-z_][\w-]*$/.exec(env['GITHUB_JOB'] ?? '')?.[0] ?? 'JOB';
    const file = /^[^/]+\/[^/]+\/(.+\.ya?ml)@/.exec(env['GITHUB_WORKFLOW_REF'] ?? '')?.[1];
    return { id, named: `Job ${id}${file === undefined ? '' : ` (workflow ${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeText */ .Hk)(file)})`}` };
}


/***/ }),

/***/ 6135:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  q2: () => (/* binding */ HEADER_BYTES),
  V0: () => (/* binding */ createHttp),
  FO: () => (/* binding */ toNoAnswer)
});

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __nccwpck_require__(7067);
var external_node_http_default = /*#__PURE__*/__nccwpck_require__.n(external_node_http_);
// EXTERNAL MODULE: external "node:https"
var external_node_https_ = __nccwpck_require__(4708);
var external_node_https_default = /*#__PURE__*/__nccwpck_require__.n(external_node_https_);
// EXTERNAL MODULE: external "node:perf_hooks"
var external_node_perf_hooks_ = __nccwpck_require__(643);
// EXTERNAL MODULE: external "node:stream"
var external_node_stream_ = __nccwpck_require__(7075);
// EXTERNAL MODULE: ./node_modules/@actions/http-client/lib/index.js + 1 modules
var lib = __nccwpck_require__(2385);
;// CONCATENATED MODULE: ./package.json
const package_namespaceObject = {"rE":"0.1.0"};
// EXTERNAL MODULE: external "node:process"
var external_node_process_ = __nccwpck_require__(1708);
var external_node_process_default = /*#__PURE__*/__nccwpck_require__.n(external_node_process_);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __nccwpck_require__(6530);
;// CONCATENATED MODULE: ./src/world/body.ts



/**
 * Reads at most `limit` bytes of the decoded body and closes the connection behind them. Iterating, unlike http-client's
 * `readBody`, rejects when the connection breaks before the body's end.
 */
async function readBody(message, limit) {
    const chunks = [];
    let length = 0;
    for await (const chunk of decode(message)) {
        const bytes = chunk;
        chunks.push(bytes);
        length += bytes.length;
        if (length > limit)
            break;
    }
    return { body: Buffer.concat(chunks).subarray(0, limit), truncated: length > limit };
}
/** Decodes piece by piece, so that a small body cannot unfold into a large one at once. */
async function* decode(message) {
    const decoder = createDecoder(message.headers['content-encoding']?.trim().toLowerCase() ?? '');
    if (decoder === undefined) {
        yield* message;
        return;
    }
    try {
        yield* (0,external_node_stream_.pipeline)(message, decoder, () => undefined);
    }
    catch (error) {
        // No body, as with HEAD or 204: there was nothing to decode, whatever the header says.
        if (!message.complete || decoder.bytesWritten > 0 || (0,safe_text/* codeOf */.$N)(error) !== 'Z_BUF_ERROR')
            throw error;
    }
}
/** Content codings: RFC 9110, 8.4.1. None is asked for, so that the decoders are loaded only where one comes anyway. */
function createDecoder(coding) {
    if (coding === '')
        return undefined;
    const { createBrotliDecompress, createGunzip, createInflate } = external_node_process_default().getBuiltinModule('node:zlib');
    const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress };
    return Object.hasOwn(decoders, coding) ? decoders[coding]() : undefined;
}

// EXTERNAL MODULE: ./src/world/connection.ts + 1 modules
var connection = __nccwpck_require__(4054);
// EXTERNAL MODULE: ./src/world/connection-pool.ts
var connection_pool = __nccwpck_require__(921);
// EXTERNAL MODULE: ./src/world/outcome.ts
var outcome = __nccwpck_require__(312);
;// CONCATENATED MODULE: ./src/world/http.ts











/** Far above what servers send; Node's own 16 KiB is below what some proxies let through. */
const HEADER_BYTES = 256 * 1024;
/** Product and version, for the logs of the services that are called: RFC 9110, 10.1.5. */
const USER_AGENT = `google-id-token/${package_namespaceObject.rE}`;
/** With this a request is stopped that took too long. */
const TIMEOUT = new outcome/* ConnectionError */.Rc('ETIMEDOUT', 'the request took too long');
/** HTTP/1.1 over connections that are kept and used again, with every limit in one place. */
function createHttp() {
    const closing = new AbortController();
    const connections = (0,connection_pool/* createConnectionPool */.Z)(closing.signal);
    return {
        async send(request, limits) {
            const start = external_node_perf_hooks_.performance.now();
            const stop = new AbortController();
            const timer = setTimeout(() => {
                stop.abort(TIMEOUT);
            }, limits.milliseconds);
            const signal = AbortSignal.any([stop.signal, closing.signal]);
            let sent = false;
            let status;
            const watcher = {
                // A socket is handed to the request once it is connected, so from there on bytes may travel.
                onSocket: () => (sent = true),
                onUpgrade() {
                    const what = 'the answer switches to another protocol (101), which was not asked for';
                    stop.abort(new outcome/* ConnectionError */.Rc('EPROTO', what));
                }
            };
            const agent = connections.agentFor(request.url);
            try {
                const { message } = await untilAborted(signal, exchange(request, agent, signal, limits.milliseconds, watcher));
                status = message.statusCode;
                const body = await untilAborted(signal, readBody(message, limits.bodyBytes));
                return { answered: true, ...readHead(message), ...body, milliseconds: elapsedSince(start) };
            }
            catch (thrown) {
                const error = signal.aborted ? signal.reason : thrown;
                // Whatever comes from the network has a code; anything else is a defect of ours.
                if (!(error instanceof outcome/* ConnectionError */.Rc) && (0,safe_text/* codeOf */.$N)(error) === 'UNKNOWN')
                    throw error;
                const missed = error === TIMEOUT ? describeMiss(limits, sent, status) : undefined;
                return toNoAnswer(error, { missed, sent, milliseconds: elapsedSince(start) });
            }
            finally {
                clearTimeout(timer);
            }
        },
        prepare: connections.prepare,
        close() {
            closing.abort(new outcome/* ConnectionError */.Rc('ECANCELED', 'the request was given up'));
            connections.close();
        }
    };
}
function elapsedSince(start) {
    return Math.round(external_node_perf_hooks_.performance.now() - start);
}
/** Whatever Node makes of a request that is cut short, it never outlasts its signal. */
async function untilAborted(signal, work) {
    const result = await Promise.race([work, (0,connection_pool/* whenAborted */.e)(signal)]);
    signal.throwIfAborted();
    return result;
}
/** http-client's raw request, which does one exchange and nothing else: no retry, no redirect, no proxy of its own. */
async function exchange(request, agent, signal, socketTimeout, watcher) {
    const client = new lib/* HttpClient */.Qq(USER_AGENT, [], { socketTimeout });
    const body = revealBody(request.body);
    const { url: parsedUrl, method, clientCertificate } = request;
    const options = {
        method,
        host: parsedUrl.hostname,
        port: parsedUrl.port,
        path: parsedUrl.pathname + parsedUrl.search,
        headers: {
            'user-agent': client.userAgent ?? USER_AGENT,
            ...(body === undefined ? {} : { 'content-length': body.length }),
            ...revealHeaders(request.headers)
        },
        agent,
        maxHeaderSize: HEADER_BYTES,
        signal,
        destination: request,
        connectionSignal: signal,
        // Kept connections are told apart by these as well.
        ...(0,connection/* revealCertificate */.h)(clientCertificate)
    };
    const httpModule = watched(parsedUrl.protocol === 'http:' ? (external_node_http_default()) : (external_node_https_default()), watcher);
    return await client.requestRaw({ parsedUrl, httpModule, options }, body === undefined ? null : external_node_stream_.Readable.from([body]));
}
/** `node:http` or `node:https`, as far as http-client uses it, with an eye on each request. */
function watched(module, { onSocket, onUpgrade }) {
    const request = (options, onResponse) => module
        .request(options, onResponse)
        .once('socket', onSocket)
        .once('upgrade', (_message, socket) => {
        socket.destroy();
        onUpgrade();
    });
    return { request };
}
/**
 * What an error of a connection comes to.
 *
 * @param missed the limit that was missed, in words
 */
function toNoAnswer(error, { missed, ...rest }) {
    const { message, trouble } = error instanceof outcome/* ConnectionError */.Rc ? error : explainBreak((0,safe_text/* codeOf */.$N)(error));
    return { answered: false, timedOut: missed !== undefined, reason: missed ?? message, trouble, ...rest };
}
function revealHeaders(headers) {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value instanceof Array ? [...value] : reveal(value)]));
}
function reveal(value) {
    return typeof value === 'string' ? value : value.reveal();
}
function revealBody(body) {
    if (body === undefined || Buffer.isBuffer(body))
        return body;
    if (typeof body === 'string')
        return Buffer.from(body);
    const form = Object.entries(body).map(([name, value]) => [name, reveal(value)]);
    return Buffer.from(new URLSearchParams(form).toString());
}
function readHead({ statusCode = 0, headersDistinct }) {
    const headers = Object.create(null);
    const repeated = Object.create(null);
    for (const [name, values = []] of Object.entries(headersDistinct)) {
        headers[name] = values.join(', ');
        if (values.length > 1)
            repeated[name] = values;
    }
    return { status: statusCode, headers, repeated };
}
/** How far a request came in its time. @param status of an answer that began */
function describeMiss({ milliseconds, byDeadline = false }, sent, status) {
    const within = byDeadline
        ? `in the ${milliseconds} ms that were left before the deadline`
        : `within ${milliseconds} ms`;
    const unsent = sent ? 'the request was sent, and no answer began' : 'no connection was made';
    const progress = status === undefined ? unsent : `an answer with status ${status} began, and did not end`;
    return `no complete answer ${within} (${progress})`;
}
/** Errors of the network, of an abortion and of a decoder have codes. */
function explainBreak(code) {
    if (code === 'HPE_HEADER_OVERFLOW')
        return new outcome/* ConnectionError */.Rc(code, `the answer's headers exceed ${HEADER_BYTES / 1024} KiB`);
    if (code.startsWith('HPE_'))
        return new outcome/* ConnectionError */.Rc(code, `the answer is not valid HTTP (${code})`);
    if (/^(Z_|ERR__)/.test(code))
        return new outcome/* ConnectionError */.Rc(code, `the answer's body cannot be decoded (${code})`);
    // TLS 1.3: what a server has against a client's certificate, or that there is none, it says after the handshake.
    if (code.startsWith('ERR_SSL_'))
        return new outcome/* ConnectionError */.Rc(code, `TLS was ended by an alert (${code})`, 'handshake');
    return new outcome/* ConnectionError */.Rc(code, `the connection broke off (${code})`);
}


/***/ }),

/***/ 312:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Rc: () => (/* binding */ ConnectionError),
/* harmony export */   SS: () => (/* binding */ describeOutcome),
/* harmony export */   Wn: () => (/* binding */ describeStatus),
/* harmony export */   yy: () => (/* binding */ inAttempts)
/* harmony export */ });
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(7067);
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_http__WEBPACK_IMPORTED_MODULE_0__);

/** No connection came about, or what came over it was no answer. Message and `code` are safe to show. */
class ConnectionError extends Error {
    name = 'ConnectionError';
    code;
    trouble;
    constructor(code, message, trouble = 'connection') {
        super(message);
        this.code = code;
        this.trouble = trouble;
    }
}
/** An outcome in a few safe words. */
function describeOutcome(outcome) {
    return outcome.answered ? `status ${outcome.status}` : outcome.reason;
}
/** After how many attempts, where that is worth a word. */
function inAttempts(attempts) {
    return attempts > 1 ? `, after ${attempts} attempts` : '';
}
/** A status with its meaning: `404 Not Found`. */
function describeStatus(status) {
    const meaning = node_http__WEBPACK_IMPORTED_MODULE_0__.STATUS_CODES[status];
    return meaning === undefined ? `${status}` : `${status} ${meaning}`;
}


/***/ }),

/***/ 9005:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   EE: () => (/* binding */ findProxy),
/* harmony export */   PK: () => (/* binding */ proxyPasswords)
/* harmony export */ });
/* unused harmony export parseProxy */
/* harmony import */ var node_process__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(1708);
/* harmony import */ var node_process__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_process__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _actions_http_client_lib_proxy__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(9783);
/* harmony import */ var _outcome_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(312);



/**
 * The proxy for an `https` URL. Which variable counts, and which hosts `NO_PROXY` keeps from it, is the toolkit's rule, so that
 * the action agrees with every other action. How the variable is read is ours, because the toolkit goes round a proxy whose
 * URL it cannot parse.
 *
 * @throws {ConnectionError} whose message does not quote the variable
 */
function findProxy(url) {
    // The toolkit's rule reads these by itself as well.
    const name = ((node_process__WEBPACK_IMPORTED_MODULE_0___default().env)['https_proxy'] ?? '') === '' ? 'HTTPS_PROXY' : 'https_proxy';
    const value = (node_process__WEBPACK_IMPORTED_MODULE_0___default().env)[name]?.trim() ?? '';
    return value === '' || (0,_actions_http_client_lib_proxy__WEBPACK_IMPORTED_MODULE_1__/* .checkBypass */ .H)(url) ? undefined : parseProxy(name, value);
}
/** Everything before the last "@" is user and password, so that "#", "/" and "@" may stand in a password as they are. */
const PROXY = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:(.*)@)?([^@/?#]+)(?:\/(?!\/)[^@]*)?$/is;
/**
 * Reads `[scheme://][user:password@]host[:port]` as curl does: without a scheme it is http, and a "%" before anything but two
 * hexadecimal digits stands for itself. https://curl.se/docs/manpage.html#-x
 *
 * @param name the variable, for messages, which never quote its value
 * @throws {ConnectionError} whose message does not quote the variable
 */
function parseProxy(name, value) {
    const [, scheme = 'http', encoded = '', authority = ''] = PROXY.exec(value) ?? [];
    const isHttp = /^https?$/i.test(scheme);
    const wrong = (what) => new _outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .ConnectionError */ .Rc('PROXY', `the proxy in ${name} ${what}`, 'proxy setting');
    // The scheme counts for nothing here but the default port.
    const address = `${isHttp ? scheme : 'http'}://${authority}`;
    if (!URL.canParse(address) || new URL(address).hostname === '') {
        throw wrong('cannot be read, which should be http://HOST:PORT or http://USER:PASSWORD@HOST:PORT');
    }
    if (!isHttp)
        throw wrong(`is one for ${scheme}:, and not for http:`);
    const credentials = encoded.includes(':') || encoded === '' ? encoded : `${encoded}:`;
    return { url: new URL(address), ...(credentials === '' ? {} : { credentials: decodePercent(credentials) }) };
}
/** The passwords of proxies, as they are written and as they are sent: secrets of the job, which nothing needs to show. */
function proxyPasswords(env) {
    const settings = Object.entries(env).filter(([name]) => /^(https?|all)_proxy$/i.test(name));
    return settings.flatMap(([, value = '']) => {
        const [, , credentials = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:(.*)@)?/is.exec(value.trim()) ?? [];
        const password = credentials.slice(credentials.indexOf(':') + 1);
        return credentials.includes(':') ? [password, decodePercent(password).toString()] : [];
    });
}
function decodePercent(text) {
    const bytes = Buffer.from(text).toString('latin1');
    return Buffer.from(bytes.replaceAll(/%([0-9a-f]{2})/gi, (_escape, digits) => String.fromCharCode(parseInt(digits, 16))), 'latin1');
}


/***/ }),

/***/ 3053:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   L: () => (/* binding */ isLocalUrl),
/* harmony export */   t: () => (/* binding */ isLoopbackUrl)
/* harmony export */ });
/** Loopback and link-local addresses, which never leave the machine or its network segment: plain `http` is fine there. */
function isLocalUrl(url) {
    return isLoopbackUrl(url) || /^169\.254\.\d+\.\d+$/.test(url.hostname) || /^\[fe[89ab][0-9a-f]:/.test(url.hostname);
}
function isLoopbackUrl(url) {
    return url.hostname === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(url.hostname) || url.hostname === '[::1]';
}


/***/ }),

/***/ 4539:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   m: () => (/* binding */ findRestriction)
/* harmony export */ });
/* harmony import */ var _guard_json_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(887);
/* harmony import */ var _guard_small_file_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(7085);


/**
 * Why a run is restricted; undefined where it is not.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#how-permissions-are-calculated-for-a-workflow-job
 * https://docs.github.com/en/code-security/dependabot/working-with-dependabot/automating-dependabot-with-github-actions
 */
async function findRestriction(env) {
    if (env['GITHUB_ACTOR'] === 'dependabot[bot]')
        return { kind: 'Dependabot' };
    if (env['GITHUB_EVENT_NAME'] === 'pull_request_target')
        return undefined;
    const file = await (0,_guard_small_file_js__WEBPACK_IMPORTED_MODULE_1__/* .readSmallFile */ .E)(env['GITHUB_EVENT_PATH'] ?? '');
    const pullRequest = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .parseObject */ .lj)(file.ok ? file.content : ''), 'pull_request');
    const head = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)(pullRequest, 'head'), 'repo'), 'full_name');
    const base = (0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .stringIn */ .tB)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)((0,_guard_json_js__WEBPACK_IMPORTED_MODULE_0__/* .objectIn */ .D7)(pullRequest, 'base'), 'repo'), 'full_name');
    if (base === undefined || head === base)
        return undefined;
    // Of a fork that was deleted since, there is no repository any more.
    return { kind: 'fork', repository: head ?? 'that was deleted' };
}


/***/ }),

/***/ 5243:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   L: () => (/* binding */ requestOnce),
/* harmony export */   e: () => (/* binding */ requestWithRetries)
/* harmony export */ });
/* harmony import */ var _guard_redaction_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(3488);
/* harmony import */ var _guard_seal_js__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(5436);
/* harmony import */ var _outcome_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(312);
/* harmony import */ var _step_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(4920);
/* harmony import */ var _retry_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(8162);





/** After this many failures an endpoint is given up. 429 does not count, because quotas refill. */
const MOST_FAILURES = 5;
/** No token endpoint answers faster from afar. */
const SHORTEST_ATTEMPT_MS = 100;
/** Token endpoints answer with a few KiB; an access token alone can have 12. */
const LONGEST_ANSWER_BYTES = 256 * 1024;
const OUT_OF_TIME = {
    answered: false,
    timedOut: true,
    reason: 'the deadline of the step had passed',
    trouble: 'connection',
    sent: false,
    milliseconds: 0
};
/**
 * Asks a token endpoint until it gives an answer that is about the request: network errors, 408, 429 and 5xx are tried
 * again, POSTs included, because asking twice for a token does no harm.
 *
 * @param unavailable what to fail with where no such answer came, given the URL, the last outcome and the number of attempts
 */
async function requestWithRetries(step, request, unavailable) {
    let lastInformative = OUT_OF_TIME;
    let failures = 0;
    for (let attempt = 1; step.timeLeft() > 0; attempt += 1) {
        const limit = (0,_step_js__WEBPACK_IMPORTED_MODULE_3__/* .limitOf */ .LF)(step);
        const outcome = await send(step, request, limit, 300);
        if (outcome.answered && !(0,_retry_js__WEBPACK_IMPORTED_MODULE_4__/* .isTransient */ .dg)(outcome))
            return outcome;
        // An attempt that the deadline cut short says less than the one before it.
        const cutShort = !outcome.answered && outcome.timedOut && limit.byDeadline;
        if (!cutShort || attempt === 1)
            lastInformative = outcome;
        if (!outcome.answered || outcome.status !== 429)
            failures += 1;
        const pause = (0,_retry_js__WEBPACK_IMPORTED_MODULE_4__/* .choosePause */ .G5)(step, attempt, outcome);
        // Beyond the deadline another attempt could only end in failure: fail at once.
        if (!(0,_retry_js__WEBPACK_IMPORTED_MODULE_4__/* .isTransient */ .dg)(outcome) || failures === MOST_FAILURES || pause + SHORTEST_ATTEMPT_MS >= step.timeLeft())
            throw unavailable(request.url, lastInformative, attempt);
        step.log.info(`${request.url.host}: ${(0,_outcome_js__WEBPACK_IMPORTED_MODULE_2__/* .describeOutcome */ .SS)(outcome)}; trying again in ${pause} ms`);
        await step.sleep(pause);
    }
    throw unavailable(request.url, lastInformative, 0);
}
/** Asks one of Google's services once. What comes back is sealed. */
async function requestOnce(step, request) {
    return await send(step, request, (0,_step_js__WEBPACK_IMPORTED_MODULE_3__/* .limitOf */ .LF)(step), 0);
}
/**
 * No caller sees an answer as it came: whatever its status, it may hold fresh tokens, and quote those that it was sent.
 *
 * @param quotedFrom the status from which on people may be shown something of an answer; of one that gives a token they are not
 */
async function send(step, request, limit, quotedFrom) {
    const outcome = await step.send(request, { ...limit, bodyBytes: LONGEST_ANSWER_BYTES });
    if (!outcome.answered)
        return outcome;
    const { masks } = step;
    const { body, ...head } = outcome;
    const sealed = {
        headers: (0,_guard_seal_js__WEBPACK_IMPORTED_MODULE_1__/* .mapStrings */ .to)(head.headers, (text) => (0,_guard_seal_js__WEBPACK_IMPORTED_MODULE_1__/* .sealText */ .N9)(masks, text)),
        ...(0,_guard_seal_js__WEBPACK_IMPORTED_MODULE_1__/* .seal */ .od)(masks, body.toString('utf8'), head.status < 300 ? request.holds : undefined)
    };
    const redact = head.status >= quotedFrom ? (0,_guard_redaction_js__WEBPACK_IMPORTED_MODULE_0__/* .createRedaction */ .E)(masks.known()) : (text) => text;
    return { ...head, ...(0,_guard_seal_js__WEBPACK_IMPORTED_MODULE_1__/* .mapStrings */ .to)(sealed, redact) };
}


/***/ }),

/***/ 8162:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   Dm: () => (/* binding */ isTransientStatus),
/* harmony export */   G5: () => (/* binding */ choosePause),
/* harmony export */   dg: () => (/* binding */ isTransient)
/* harmony export */ });
/* unused harmony export parseRetryAfter */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** Statuses that say "not now": RFC 9110 (408, 5xx) and RFC 6585 (429). */
function isTransientStatus(status) {
    return status === 408 || status === 429 || status >= 500;
}
/** Whether the same request may well succeed a little later. */
function isTransient(outcome) {
    return outcome.answered ? isTransientStatus(outcome.status) : outcome.trouble !== 'proxy setting';
}
/**
 * How long to pause after failed attempt number `attempt` (1 is the first), in milliseconds: exponential with full jitter, so
 * that jobs that failed together do not come back together
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), and never less than `Retry-After` asks for.
 */
function choosePause({ now, random }, attempt, outcome) {
    const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    const retryAfterMs = outcome.answered ? parseRetryAfter(outcome.headers['retry-after'], now()) : 0;
    return Math.max(retryAfterMs, Math.round(random() * ceiling));
}
/** `Retry-After` in milliseconds from now: seconds or an HTTP date (RFC 9110, 10.2.3). 0 where it is absent or unreadable. */
function parseRetryAfter(value, now) {
    if (value === undefined)
        return 0;
    const text = value.trim();
    if (/^\d{1,9}$/.test(text))
        return Number(text) * 1_000;
    // The forms of RFC 9110, 5.6.7, begin with a day's name; Date.parse takes much else for a date.
    const date = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}


/***/ }),

/***/ 4920:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   FF: () => (/* binding */ CLOCK_TOLERANCE_S),
/* harmony export */   FG: () => (/* binding */ earlierNow),
/* harmony export */   LF: () => (/* binding */ limitOf),
/* harmony export */   Ms: () => (/* binding */ startWatch)
/* harmony export */ });
/** Clocks that differ by less, in seconds, do no harm. */
const CLOCK_TOLERANCE_S = 60;
/** The time, in milliseconds since the epoch, at which nothing has expired but what has by both clocks. */
function earlierNow({ now, googleNow }) {
    return Math.min(now(), googleNow());
}
/** How long a request that is sent now may take. @param mostMs where that is less than timeout */
function limitOf(step, mostMs = step.timeoutMs) {
    const left = Math.max(1, step.timeLeft());
    const most = Math.min(mostMs, step.timeoutMs);
    return { milliseconds: Math.min(most, left), byDeadline: left < most };
}
/** @returns the milliseconds since now, by the clock of the deadline, which unlike the machine's never jumps */
function startWatch({ timeLeft }) {
    const leftAtStart = timeLeft();
    return () => leftAtStart - timeLeft();
}


/***/ }),

/***/ 7360:
/***/ ((__unused_webpack_module, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   b: () => (/* binding */ createWorld)
/* harmony export */ });
/* harmony import */ var node_perf_hooks__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(643);
/* harmony import */ var node_perf_hooks__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__nccwpck_require__.n(node_perf_hooks__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_1__ = __nccwpck_require__(8500);
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_1___default = /*#__PURE__*/__nccwpck_require__.n(node_timers_promises__WEBPACK_IMPORTED_MODULE_1__);
/* harmony import */ var _http_js__WEBPACK_IMPORTED_MODULE_2__ = __nccwpck_require__(6135);
/* harmony import */ var _proxy_setting_js__WEBPACK_IMPORTED_MODULE_3__ = __nccwpck_require__(9005);
/* harmony import */ var _guard_secret_js__WEBPACK_IMPORTED_MODULE_4__ = __nccwpck_require__(9185);





/** What is under way when the deadline passes is cut short then, and has this long to come to a verdict. */
const OVERDUE_MS = 1_000;
/** The longest that one of Node's timers can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** @param masks others than the runner's where there is no runner to read them */
function createWorld(env, log, masks = (0,_guard_secret_js__WEBPACK_IMPORTED_MODULE_4__/* .createMasks */ ._)()) {
    const http = (0,_http_js__WEBPACK_IMPORTED_MODULE_2__/* .createHttp */ .V0)();
    const closing = new AbortController();
    const overdue = Promise.withResolvers();
    // These are there before anything happens; other secrets come through the gate (seal.ts).
    for (const name of ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
        masks.keep(env[name] ?? '');
    }
    for (const password of (0,_proxy_setting_js__WEBPACK_IMPORTED_MODULE_3__/* .proxyPasswords */ .PK)(env))
        masks.keep(password);
    /** The machine's clock against that of the last answer (RFC 9110, 6.6.1). */
    let aheadMs = 0;
    return {
        env,
        overdue: overdue.promise,
        startStep: ({ timeoutMs, deadlineMs }) => {
            const leftMs = deadlineMs + OVERDUE_MS - node_perf_hooks__WEBPACK_IMPORTED_MODULE_0__.performance.now();
            setTimeout(overdue.resolve, Math.min(LONGEST_TIMER_MS, leftMs), deadlineMs).unref();
            return {
                env,
                masks,
                log,
                async send(request, limits) {
                    const outcome = await http.send(request, limits);
                    const date = outcome.answered ? Date.parse(outcome.headers['date'] ?? '') : Number.NaN;
                    if (request.url.protocol === 'https:' && !Number.isNaN(date))
                        aheadMs = Date.now() - date;
                    return outcome;
                },
                prepare: http.prepare,
                async sleep(milliseconds) {
                    // An interrupted pause is a pause that is over.
                    await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_1__.setTimeout)(milliseconds, undefined, { signal: closing.signal }).catch(() => undefined);
                },
                random: Math.random,
                now: Date.now,
                googleNow: () => Date.now() - aheadMs,
                timeoutMs,
                // The clock of `performance` starts with the process and never jumps.
                timeLeft: () => (closing.signal.aborted ? 0 : Math.max(0, Math.floor(deadlineMs - node_perf_hooks__WEBPACK_IMPORTED_MODULE_0__.performance.now())))
            };
        },
        close() {
            closing.abort();
            http.close();
        }
    };
}


/***/ }),

/***/ 2613:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("assert");

/***/ }),

/***/ 181:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("buffer");

/***/ }),

/***/ 5317:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("child_process");

/***/ }),

/***/ 6982:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("crypto");

/***/ }),

/***/ 4434:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("events");

/***/ }),

/***/ 9896:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("fs");

/***/ }),

/***/ 8611:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("http");

/***/ }),

/***/ 5692:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("https");

/***/ }),

/***/ 9278:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("net");

/***/ }),

/***/ 4573:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:buffer");

/***/ }),

/***/ 1421:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:child_process");

/***/ }),

/***/ 7598:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");

/***/ }),

/***/ 8474:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:events");

/***/ }),

/***/ 3024:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

/***/ }),

/***/ 1455:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");

/***/ }),

/***/ 7067:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http");

/***/ }),

/***/ 4708:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:https");

/***/ }),

/***/ 7030:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");

/***/ }),

/***/ 6760:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

/***/ }),

/***/ 643:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:perf_hooks");

/***/ }),

/***/ 1708:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:process");

/***/ }),

/***/ 7075:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");

/***/ }),

/***/ 7830:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream/web");

/***/ }),

/***/ 8500:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

/***/ }),

/***/ 1692:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tls");

/***/ }),

/***/ 3136:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:url");

/***/ }),

/***/ 7975:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");

/***/ }),

/***/ 8522:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:zlib");

/***/ }),

/***/ 857:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("os");

/***/ }),

/***/ 6928:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("path");

/***/ }),

/***/ 932:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("process");

/***/ }),

/***/ 3480:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("querystring");

/***/ }),

/***/ 2203:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("stream");

/***/ }),

/***/ 4756:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("tls");

/***/ }),

/***/ 2018:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("tty");

/***/ }),

/***/ 7016:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("url");

/***/ }),

/***/ 9023:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("util");

/***/ }),

/***/ 8167:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("worker_threads");

/***/ }),

/***/ 9752:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Yz: () => (/* binding */ core_debug),
  z3: () => (/* binding */ error),
  dN: () => (/* binding */ exportVariable),
  V4: () => (/* binding */ getInput),
  pq: () => (/* binding */ info),
  LZ: () => (/* binding */ saveState),
  uH: () => (/* binding */ setOutput),
  Pq: () => (/* binding */ core_setSecret),
  z: () => (/* reexport */ summary),
  $e: () => (/* binding */ warning)
});

// UNUSED EXPORTS: ExitCode, addPath, endGroup, getBooleanInput, getIDToken, getMultilineInput, getState, group, isDebug, markdownSummary, notice, platform, setCommandEcho, setFailed, startGroup, toPlatformPath, toPosixPath, toWin32Path

// EXTERNAL MODULE: external "os"
var external_os_ = __nccwpck_require__(857);
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/utils.js
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function toCommandValue(input) {
    if (input === null || input === undefined) {
        return '';
    }
    else if (typeof input === 'string' || input instanceof String) {
        return input;
    }
    return JSON.stringify(input);
}
/**
 *
 * @param annotationProperties
 * @returns The command properties to send with the actual annotation command
 * See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
 */
function utils_toCommandProperties(annotationProperties) {
    if (!Object.keys(annotationProperties).length) {
        return {};
    }
    return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
    };
}
//# sourceMappingURL=utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/command.js


/**
 * Issues a command to the GitHub Actions runner
 *
 * @param command - The command name to issue
 * @param properties - Additional properties for the command (key-value pairs)
 * @param message - The message to include with the command
 * @remarks
 * This function outputs a specially formatted string to stdout that the Actions
 * runner interprets as a command. These commands can control workflow behavior,
 * set outputs, create annotations, mask values, and more.
 *
 * Command Format:
 *   ::name key=value,key=value::message
 *
 * @example
 * ```typescript
 * // Issue a warning annotation
 * issueCommand('warning', {}, 'This is a warning message');
 * // Output: ::warning::This is a warning message
 *
 * // Set an environment variable
 * issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
 * // Output: ::set-env name=MY_VAR::some value
 *
 * // Add a secret mask
 * issueCommand('add-mask', {}, 'secretValue123');
 * // Output: ::add-mask::secretValue123
 * ```
 *
 * @internal
 * This is an internal utility function that powers the public API functions
 * such as setSecret, warning, error, and exportVariable.
 */
function command_issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_.EOL);
}
function command_issue(name, message = '') {
    command_issueCommand(name, {}, message);
}
const CMD_STRING = '::';
class Command {
    constructor(command, properties, message) {
        if (!command) {
            command = 'missing.command';
        }
        this.command = command;
        this.properties = properties;
        this.message = message;
    }
    toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += ' ';
            let first = true;
            for (const key in this.properties) {
                if (this.properties.hasOwnProperty(key)) {
                    const val = this.properties[key];
                    if (val) {
                        if (first) {
                            first = false;
                        }
                        else {
                            cmdStr += ',';
                        }
                        cmdStr += `${key}=${escapeProperty(val)}`;
                    }
                }
            }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
    }
}
function escapeData(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
//# sourceMappingURL=command.js.map
// EXTERNAL MODULE: external "crypto"
var external_crypto_ = __nccwpck_require__(6982);
// EXTERNAL MODULE: external "fs"
var external_fs_ = __nccwpck_require__(9896);
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/file-command.js
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function file_command_issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!external_fs_.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    external_fs_.appendFileSync(filePath, `${toCommandValue(message)}${external_os_.EOL}`, {
        encoding: 'utf8'
    });
}
function prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${external_crypto_.randomUUID()}`;
    const convertedValue = toCommandValue(value);
    // These should realistically never happen, but just in case someone finds a
    // way to exploit uuid generation let's not allow keys or values that contain
    // the delimiter.
    if (key.includes(delimiter)) {
        throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
    }
    if (convertedValue.includes(delimiter)) {
        throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
    }
    return `${key}<<${delimiter}${external_os_.EOL}${convertedValue}${external_os_.EOL}${delimiter}`;
}
//# sourceMappingURL=file-command.js.map
// EXTERNAL MODULE: external "path"
var external_path_ = __nccwpck_require__(6928);
// EXTERNAL MODULE: ./node_modules/@actions/http-client/lib/index.js + 1 modules
var lib = __nccwpck_require__(2385);
;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/auth.js
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};
class BasicCredentialHandler {
    constructor(username, password) {
        this.username = username;
        this.password = password;
    }
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`${this.username}:${this.password}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return __awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class auth_BearerCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Bearer ${this.token}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return __awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
class PersonalAccessTokenCredentialHandler {
    constructor(token) {
        this.token = token;
    }
    // currently implements pre-authorization
    // TODO: support preAuth = false where it hooks on 401
    prepareRequest(options) {
        if (!options.headers) {
            throw Error('The request has no headers');
        }
        options.headers['Authorization'] = `Basic ${Buffer.from(`PAT:${this.token}`).toString('base64')}`;
    }
    // This handler cannot handle 401
    canHandleAuthentication() {
        return false;
    }
    handleAuthentication() {
        return __awaiter(this, void 0, void 0, function* () {
            throw new Error('not implemented');
        });
    }
}
//# sourceMappingURL=auth.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/oidc-utils.js
var oidc_utils_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



class oidc_utils_OidcClient {
    static createHttpClient(allowRetry = true, maxRetry = 10) {
        const requestOptions = {
            allowRetries: allowRetry,
            maxRetries: maxRetry
        };
        return new HttpClient('actions/oidc-client', [new BearerCredentialHandler(oidc_utils_OidcClient.getRequestToken())], requestOptions);
    }
    static getRequestToken() {
        const token = process.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
        if (!token) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable');
        }
        return token;
    }
    static getIDTokenUrl() {
        const runtimeUrl = process.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
        if (!runtimeUrl) {
            throw new Error('Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable');
        }
        return runtimeUrl;
    }
    static getCall(id_token_url) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            var _a;
            const httpclient = oidc_utils_OidcClient.createHttpClient();
            const res = yield httpclient
                .getJson(id_token_url)
                .catch(error => {
                throw new Error(`Failed to get ID Token. \n 
        Error Code : ${error.statusCode}\n 
        Error Message: ${error.message}`);
            });
            const id_token = (_a = res.result) === null || _a === void 0 ? void 0 : _a.value;
            if (!id_token) {
                throw new Error('Response json body do not have ID Token field');
            }
            return id_token;
        });
    }
    static getIDToken(audience) {
        return oidc_utils_awaiter(this, void 0, void 0, function* () {
            try {
                // New ID Token is requested from action service
                let id_token_url = oidc_utils_OidcClient.getIDTokenUrl();
                if (audience) {
                    const encodedAudience = encodeURIComponent(audience);
                    id_token_url = `${id_token_url}&audience=${encodedAudience}`;
                }
                debug(`ID token url is ${id_token_url}`);
                const id_token = yield oidc_utils_OidcClient.getCall(id_token_url);
                setSecret(id_token);
                return id_token;
            }
            catch (error) {
                throw new Error(`Error message: ${error.message}`);
            }
        });
    }
}
//# sourceMappingURL=oidc-utils.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/summary.js
var summary_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { access, appendFile, writeFile } = external_fs_.promises;
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
const SUMMARY_DOCS_URL = 'https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary';
class Summary {
    constructor() {
        this._buffer = '';
    }
    /**
     * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
     * Also checks r/w permissions.
     *
     * @returns step summary file path
     */
    filePath() {
        return summary_awaiter(this, void 0, void 0, function* () {
            if (this._filePath) {
                return this._filePath;
            }
            const pathFromEnv = process.env[SUMMARY_ENV_VAR];
            if (!pathFromEnv) {
                throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
            }
            try {
                yield access(pathFromEnv, external_fs_.constants.R_OK | external_fs_.constants.W_OK);
            }
            catch (_a) {
                throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
            }
            this._filePath = pathFromEnv;
            return this._filePath;
        });
    }
    /**
     * Wraps content in an HTML tag, adding any HTML attributes
     *
     * @param {string} tag HTML tag to wrap
     * @param {string | null} content content within the tag
     * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
     *
     * @returns {string} content wrapped in HTML element
     */
    wrap(tag, content, attrs = {}) {
        const htmlAttrs = Object.entries(attrs)
            .map(([key, value]) => ` ${key}="${value}"`)
            .join('');
        if (!content) {
            return `<${tag}${htmlAttrs}>`;
        }
        return `<${tag}${htmlAttrs}>${content}</${tag}>`;
    }
    /**
     * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
     *
     * @param {SummaryWriteOptions} [options] (optional) options for write operation
     *
     * @returns {Promise<Summary>} summary instance
     */
    write(options) {
        return summary_awaiter(this, void 0, void 0, function* () {
            const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
            const filePath = yield this.filePath();
            const writeFunc = overwrite ? writeFile : appendFile;
            yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
            return this.emptyBuffer();
        });
    }
    /**
     * Clears the summary buffer and wipes the summary file
     *
     * @returns {Summary} summary instance
     */
    clear() {
        return summary_awaiter(this, void 0, void 0, function* () {
            return this.emptyBuffer().write({ overwrite: true });
        });
    }
    /**
     * Returns the current summary buffer as a string
     *
     * @returns {string} string of summary buffer
     */
    stringify() {
        return this._buffer;
    }
    /**
     * If the summary buffer is empty
     *
     * @returns {boolen} true if the buffer is empty
     */
    isEmptyBuffer() {
        return this._buffer.length === 0;
    }
    /**
     * Resets the summary buffer without writing to summary file
     *
     * @returns {Summary} summary instance
     */
    emptyBuffer() {
        this._buffer = '';
        return this;
    }
    /**
     * Adds raw text to the summary buffer
     *
     * @param {string} text content to add
     * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
     *
     * @returns {Summary} summary instance
     */
    addRaw(text, addEOL = false) {
        this._buffer += text;
        return addEOL ? this.addEOL() : this;
    }
    /**
     * Adds the operating system-specific end-of-line marker to the buffer
     *
     * @returns {Summary} summary instance
     */
    addEOL() {
        return this.addRaw(external_os_.EOL);
    }
    /**
     * Adds an HTML codeblock to the summary buffer
     *
     * @param {string} code content to render within fenced code block
     * @param {string} lang (optional) language to syntax highlight code
     *
     * @returns {Summary} summary instance
     */
    addCodeBlock(code, lang) {
        const attrs = Object.assign({}, (lang && { lang }));
        const element = this.wrap('pre', this.wrap('code', code), attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML list to the summary buffer
     *
     * @param {string[]} items list of items to render
     * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
     *
     * @returns {Summary} summary instance
     */
    addList(items, ordered = false) {
        const tag = ordered ? 'ol' : 'ul';
        const listItems = items.map(item => this.wrap('li', item)).join('');
        const element = this.wrap(tag, listItems);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML table to the summary buffer
     *
     * @param {SummaryTableCell[]} rows table rows
     *
     * @returns {Summary} summary instance
     */
    addTable(rows) {
        const tableBody = rows
            .map(row => {
            const cells = row
                .map(cell => {
                if (typeof cell === 'string') {
                    return this.wrap('td', cell);
                }
                const { header, data, colspan, rowspan } = cell;
                const tag = header ? 'th' : 'td';
                const attrs = Object.assign(Object.assign({}, (colspan && { colspan })), (rowspan && { rowspan }));
                return this.wrap(tag, data, attrs);
            })
                .join('');
            return this.wrap('tr', cells);
        })
            .join('');
        const element = this.wrap('table', tableBody);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds a collapsable HTML details element to the summary buffer
     *
     * @param {string} label text for the closed state
     * @param {string} content collapsable content
     *
     * @returns {Summary} summary instance
     */
    addDetails(label, content) {
        const element = this.wrap('details', this.wrap('summary', label) + content);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML image tag to the summary buffer
     *
     * @param {string} src path to the image you to embed
     * @param {string} alt text description of the image
     * @param {SummaryImageOptions} options (optional) addition image attributes
     *
     * @returns {Summary} summary instance
     */
    addImage(src, alt, options) {
        const { width, height } = options || {};
        const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
        const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML section heading element
     *
     * @param {string} text heading text
     * @param {number | string} [level=1] (optional) the heading level, default: 1
     *
     * @returns {Summary} summary instance
     */
    addHeading(text, level) {
        const tag = `h${level}`;
        const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
            ? tag
            : 'h1';
        const element = this.wrap(allowedTag, text);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML thematic break (<hr>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addSeparator() {
        const element = this.wrap('hr', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML line break (<br>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addBreak() {
        const element = this.wrap('br', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML blockquote to the summary buffer
     *
     * @param {string} text quote text
     * @param {string} cite (optional) citation url
     *
     * @returns {Summary} summary instance
     */
    addQuote(text, cite) {
        const attrs = Object.assign({}, (cite && { cite }));
        const element = this.wrap('blockquote', text, attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML anchor tag to the summary buffer
     *
     * @param {string} text link text/content
     * @param {string} href hyperlink
     *
     * @returns {Summary} summary instance
     */
    addLink(text, href) {
        const element = this.wrap('a', text, { href });
        return this.addRaw(element).addEOL();
    }
}
const _summary = new Summary();
/**
 * @deprecated use `core.summary`
 */
const markdownSummary = (/* unused pure expression or super */ null && (_summary));
const summary = _summary;
//# sourceMappingURL=summary.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/path-utils.js

/**
 * toPosixPath converts the given path to the posix form. On Windows, \\ will be
 * replaced with /.
 *
 * @param pth. Path to transform.
 * @return string Posix path.
 */
function toPosixPath(pth) {
    return pth.replace(/[\\]/g, '/');
}
/**
 * toWin32Path converts the given path to the win32 form. On Linux, / will be
 * replaced with \\.
 *
 * @param pth. Path to transform.
 * @return string Win32 path.
 */
function toWin32Path(pth) {
    return pth.replace(/[/]/g, '\\');
}
/**
 * toPlatformPath converts the given path to a platform-specific path. It does
 * this by replacing instances of / and \ with the platform-specific path
 * separator.
 *
 * @param pth The path to platformize.
 * @return string The platform-specific path.
 */
function toPlatformPath(pth) {
    return pth.replace(/[/\\]/g, path.sep);
}
//# sourceMappingURL=path-utils.js.map
;// CONCATENATED MODULE: external "string_decoder"
const external_string_decoder_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("string_decoder");
// EXTERNAL MODULE: external "events"
var external_events_ = __nccwpck_require__(4434);
// EXTERNAL MODULE: external "child_process"
var external_child_process_ = __nccwpck_require__(5317);
// EXTERNAL MODULE: external "assert"
var external_assert_ = __nccwpck_require__(2613);
;// CONCATENATED MODULE: ./node_modules/@actions/io/lib/io-util.js
var io_util_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { chmod, copyFile, lstat, mkdir, open: io_util_open, readdir, rename, rm, rmdir, stat, symlink, unlink } = external_fs_.promises;
// export const {open} = 'fs'
const IS_WINDOWS = process.platform === 'win32';
/**
 * Custom implementation of readlink to ensure Windows junctions
 * maintain trailing backslash for backward compatibility with Node.js < 24
 *
 * In Node.js 20, Windows junctions (directory symlinks) always returned paths
 * with trailing backslashes. Node.js 24 removed this behavior, which breaks
 * code that relied on this format for path operations.
 *
 * This implementation restores the Node 20 behavior by adding a trailing
 * backslash to all junction results on Windows.
 */
function readlink(fsPath) {
    return io_util_awaiter(this, void 0, void 0, function* () {
        const result = yield fs.promises.readlink(fsPath);
        // On Windows, restore Node 20 behavior: add trailing backslash to all results
        // since junctions on Windows are always directory links
        if (IS_WINDOWS && !result.endsWith('\\')) {
            return `${result}\\`;
        }
        return result;
    });
}
// See https://github.com/nodejs/node/blob/d0153aee367422d0858105abec186da4dff0a0c5/deps/uv/include/uv/win.h#L691
const UV_FS_O_EXLOCK = 0x10000000;
const READONLY = external_fs_.constants.O_RDONLY;
function exists(fsPath) {
    return io_util_awaiter(this, void 0, void 0, function* () {
        try {
            yield stat(fsPath);
        }
        catch (err) {
            if (err.code === 'ENOENT') {
                return false;
            }
            throw err;
        }
        return true;
    });
}
function isDirectory(fsPath_1) {
    return io_util_awaiter(this, arguments, void 0, function* (fsPath, useStat = false) {
        const stats = useStat ? yield stat(fsPath) : yield lstat(fsPath);
        return stats.isDirectory();
    });
}
/**
 * On OSX/Linux, true if path starts with '/'. On Windows, true for paths like:
 * \, \hello, \\hello\share, C:, and C:\hello (and corresponding alternate separator cases).
 */
function isRooted(p) {
    p = normalizeSeparators(p);
    if (!p) {
        throw new Error('isRooted() parameter "p" cannot be empty');
    }
    if (IS_WINDOWS) {
        return (p.startsWith('\\') || /^[A-Z]:/i.test(p) // e.g. \ or \hello or \\hello
        ); // e.g. C: or C:\hello
    }
    return p.startsWith('/');
}
/**
 * Best effort attempt to determine whether a file exists and is executable.
 * @param filePath    file path to check
 * @param extensions  additional file extensions to try
 * @return if file exists and is executable, returns the file path. otherwise empty string.
 */
function tryGetExecutablePath(filePath, extensions) {
    return io_util_awaiter(this, void 0, void 0, function* () {
        let stats = undefined;
        try {
            // test file exists
            stats = yield stat(filePath);
        }
        catch (err) {
            if (err.code !== 'ENOENT') {
                // eslint-disable-next-line no-console
                console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
            }
        }
        if (stats && stats.isFile()) {
            if (IS_WINDOWS) {
                // on Windows, test for valid extension
                const upperExt = external_path_.extname(filePath).toUpperCase();
                if (extensions.some(validExt => validExt.toUpperCase() === upperExt)) {
                    return filePath;
                }
            }
            else {
                if (isUnixExecutable(stats)) {
                    return filePath;
                }
            }
        }
        // try each extension
        const originalFilePath = filePath;
        for (const extension of extensions) {
            filePath = originalFilePath + extension;
            stats = undefined;
            try {
                stats = yield stat(filePath);
            }
            catch (err) {
                if (err.code !== 'ENOENT') {
                    // eslint-disable-next-line no-console
                    console.log(`Unexpected error attempting to determine if executable file exists '${filePath}': ${err}`);
                }
            }
            if (stats && stats.isFile()) {
                if (IS_WINDOWS) {
                    // preserve the case of the actual file (since an extension was appended)
                    try {
                        const directory = external_path_.dirname(filePath);
                        const upperName = external_path_.basename(filePath).toUpperCase();
                        for (const actualName of yield readdir(directory)) {
                            if (upperName === actualName.toUpperCase()) {
                                filePath = external_path_.join(directory, actualName);
                                break;
                            }
                        }
                    }
                    catch (err) {
                        // eslint-disable-next-line no-console
                        console.log(`Unexpected error attempting to determine the actual case of the file '${filePath}': ${err}`);
                    }
                    return filePath;
                }
                else {
                    if (isUnixExecutable(stats)) {
                        return filePath;
                    }
                }
            }
        }
        return '';
    });
}
function normalizeSeparators(p) {
    p = p || '';
    if (IS_WINDOWS) {
        // convert slashes on Windows
        p = p.replace(/\//g, '\\');
        // remove redundant slashes
        return p.replace(/\\\\+/g, '\\');
    }
    // remove redundant slashes
    return p.replace(/\/\/+/g, '/');
}
// on Mac/Linux, test the execute bit
//     R   W  X  R  W X R W X
//   256 128 64 32 16 8 4 2 1
function isUnixExecutable(stats) {
    return ((stats.mode & 1) > 0 ||
        ((stats.mode & 8) > 0 &&
            process.getgid !== undefined &&
            stats.gid === process.getgid()) ||
        ((stats.mode & 64) > 0 &&
            process.getuid !== undefined &&
            stats.uid === process.getuid()));
}
// Get the path of cmd.exe in windows
function getCmdPath() {
    var _a;
    return (_a = process.env['COMSPEC']) !== null && _a !== void 0 ? _a : `cmd.exe`;
}
//# sourceMappingURL=io-util.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/io/lib/io.js
var io_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};



/**
 * Copies a file or folder.
 * Based off of shelljs - https://github.com/shelljs/shelljs/blob/9237f66c52e5daa40458f94f9565e18e8132f5a6/src/cp.js
 *
 * @param     source    source path
 * @param     dest      destination path
 * @param     options   optional. See CopyOptions.
 */
function cp(source_1, dest_1) {
    return io_awaiter(this, arguments, void 0, function* (source, dest, options = {}) {
        const { force, recursive, copySourceDirectory } = readCopyOptions(options);
        const destStat = (yield ioUtil.exists(dest)) ? yield ioUtil.stat(dest) : null;
        // Dest is an existing file, but not forcing
        if (destStat && destStat.isFile() && !force) {
            return;
        }
        // If dest is an existing directory, should copy inside.
        const newDest = destStat && destStat.isDirectory() && copySourceDirectory
            ? path.join(dest, path.basename(source))
            : dest;
        if (!(yield ioUtil.exists(source))) {
            throw new Error(`no such file or directory: ${source}`);
        }
        const sourceStat = yield ioUtil.stat(source);
        if (sourceStat.isDirectory()) {
            if (!recursive) {
                throw new Error(`Failed to copy. ${source} is a directory, but tried to copy without recursive flag.`);
            }
            else {
                yield cpDirRecursive(source, newDest, 0, force);
            }
        }
        else {
            if (path.relative(source, newDest) === '') {
                // a file cannot be copied to itself
                throw new Error(`'${newDest}' and '${source}' are the same file`);
            }
            yield io_copyFile(source, newDest, force);
        }
    });
}
/**
 * Moves a path.
 *
 * @param     source    source path
 * @param     dest      destination path
 * @param     options   optional. See MoveOptions.
 */
function mv(source_1, dest_1) {
    return io_awaiter(this, arguments, void 0, function* (source, dest, options = {}) {
        if (yield ioUtil.exists(dest)) {
            let destExists = true;
            if (yield ioUtil.isDirectory(dest)) {
                // If dest is directory copy src into dest
                dest = path.join(dest, path.basename(source));
                destExists = yield ioUtil.exists(dest);
            }
            if (destExists) {
                if (options.force == null || options.force) {
                    yield rmRF(dest);
                }
                else {
                    throw new Error('Destination already exists');
                }
            }
        }
        yield mkdirP(path.dirname(dest));
        yield ioUtil.rename(source, dest);
    });
}
/**
 * Remove a path recursively with force
 *
 * @param inputPath path to remove
 */
function rmRF(inputPath) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (ioUtil.IS_WINDOWS) {
            // Check for invalid characters
            // https://docs.microsoft.com/en-us/windows/win32/fileio/naming-a-file
            if (/[*"<>|]/.test(inputPath)) {
                throw new Error('File path must not contain `*`, `"`, `<`, `>` or `|` on Windows');
            }
        }
        try {
            // note if path does not exist, error is silent
            yield ioUtil.rm(inputPath, {
                force: true,
                maxRetries: 3,
                recursive: true,
                retryDelay: 300
            });
        }
        catch (err) {
            throw new Error(`File was unable to be removed ${err}`);
        }
    });
}
/**
 * Make a directory.  Creates the full path with folders in between
 * Will throw if it fails
 *
 * @param   fsPath        path to create
 * @returns Promise<void>
 */
function mkdirP(fsPath) {
    return io_awaiter(this, void 0, void 0, function* () {
        ok(fsPath, 'a path argument must be provided');
        yield ioUtil.mkdir(fsPath, { recursive: true });
    });
}
/**
 * Returns path of a tool had the tool actually been invoked.  Resolves via paths.
 * If you check and the tool does not exist, it will throw.
 *
 * @param     tool              name of the tool
 * @param     check             whether to check if tool exists
 * @returns   Promise<string>   path to tool
 */
function which(tool, check) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (!tool) {
            throw new Error("parameter 'tool' is required");
        }
        // recursive when check=true
        if (check) {
            const result = yield which(tool, false);
            if (!result) {
                if (IS_WINDOWS) {
                    throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also verify the file has a valid extension for an executable file.`);
                }
                else {
                    throw new Error(`Unable to locate executable file: ${tool}. Please verify either the file path exists or the file can be found within a directory specified by the PATH environment variable. Also check the file mode to verify the file is executable.`);
                }
            }
            return result;
        }
        const matches = yield findInPath(tool);
        if (matches && matches.length > 0) {
            return matches[0];
        }
        return '';
    });
}
/**
 * Returns a list of all occurrences of the given tool on the system path.
 *
 * @returns   Promise<string[]>  the paths of the tool
 */
function findInPath(tool) {
    return io_awaiter(this, void 0, void 0, function* () {
        if (!tool) {
            throw new Error("parameter 'tool' is required");
        }
        // build the list of extensions to try
        const extensions = [];
        if (IS_WINDOWS && process.env['PATHEXT']) {
            for (const extension of process.env['PATHEXT'].split(external_path_.delimiter)) {
                if (extension) {
                    extensions.push(extension);
                }
            }
        }
        // if it's rooted, return it if exists. otherwise return empty.
        if (isRooted(tool)) {
            const filePath = yield tryGetExecutablePath(tool, extensions);
            if (filePath) {
                return [filePath];
            }
            return [];
        }
        // if any path separators, return empty
        if (tool.includes(external_path_.sep)) {
            return [];
        }
        // build the list of directories
        //
        // Note, technically "where" checks the current directory on Windows. From a toolkit perspective,
        // it feels like we should not do this. Checking the current directory seems like more of a use
        // case of a shell, and the which() function exposed by the toolkit should strive for consistency
        // across platforms.
        const directories = [];
        if (process.env.PATH) {
            for (const p of process.env.PATH.split(external_path_.delimiter)) {
                if (p) {
                    directories.push(p);
                }
            }
        }
        // find all matches
        const matches = [];
        for (const directory of directories) {
            const filePath = yield tryGetExecutablePath(external_path_.join(directory, tool), extensions);
            if (filePath) {
                matches.push(filePath);
            }
        }
        return matches;
    });
}
function readCopyOptions(options) {
    const force = options.force == null ? true : options.force;
    const recursive = Boolean(options.recursive);
    const copySourceDirectory = options.copySourceDirectory == null
        ? true
        : Boolean(options.copySourceDirectory);
    return { force, recursive, copySourceDirectory };
}
function cpDirRecursive(sourceDir, destDir, currentDepth, force) {
    return io_awaiter(this, void 0, void 0, function* () {
        // Ensure there is not a run away recursive copy
        if (currentDepth >= 255)
            return;
        currentDepth++;
        yield mkdirP(destDir);
        const files = yield ioUtil.readdir(sourceDir);
        for (const fileName of files) {
            const srcFile = `${sourceDir}/${fileName}`;
            const destFile = `${destDir}/${fileName}`;
            const srcFileStat = yield ioUtil.lstat(srcFile);
            if (srcFileStat.isDirectory()) {
                // Recurse
                yield cpDirRecursive(srcFile, destFile, currentDepth, force);
            }
            else {
                yield io_copyFile(srcFile, destFile, force);
            }
        }
        // Change the mode for the newly created directory
        yield ioUtil.chmod(destDir, (yield ioUtil.stat(sourceDir)).mode);
    });
}
// Buffered file copy
function io_copyFile(srcFile, destFile, force) {
    return io_awaiter(this, void 0, void 0, function* () {
        if ((yield ioUtil.lstat(srcFile)).isSymbolicLink()) {
            // unlink/re-link it
            try {
                yield ioUtil.lstat(destFile);
                yield ioUtil.unlink(destFile);
            }
            catch (e) {
                // Try to override file permission
                if (e.code === 'EPERM') {
                    yield ioUtil.chmod(destFile, '0666');
                    yield ioUtil.unlink(destFile);
                }
                // other errors = it doesn't exist, no work to do
            }
            // Copy over symlink
            const symlinkFull = yield ioUtil.readlink(srcFile);
            yield ioUtil.symlink(symlinkFull, destFile, ioUtil.IS_WINDOWS ? 'junction' : null);
        }
        else if (!(yield ioUtil.exists(destFile)) || force) {
            yield ioUtil.copyFile(srcFile, destFile);
        }
    });
}
//# sourceMappingURL=io.js.map
;// CONCATENATED MODULE: external "timers"
const external_timers_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("timers");
;// CONCATENATED MODULE: ./node_modules/@actions/exec/lib/toolrunner.js
var toolrunner_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};







/* eslint-disable @typescript-eslint/unbound-method */
const toolrunner_IS_WINDOWS = process.platform === 'win32';
/*
 * Class for running command line tools. Handles quoting and arg parsing in a platform agnostic way.
 */
class ToolRunner extends external_events_.EventEmitter {
    constructor(toolPath, args, options) {
        super();
        if (!toolPath) {
            throw new Error("Parameter 'toolPath' cannot be null or empty.");
        }
        this.toolPath = toolPath;
        this.args = args || [];
        this.options = options || {};
    }
    _debug(message) {
        if (this.options.listeners && this.options.listeners.debug) {
            this.options.listeners.debug(message);
        }
    }
    _getCommandString(options, noPrefix) {
        const toolPath = this._getSpawnFileName();
        const args = this._getSpawnArgs(options);
        let cmd = noPrefix ? '' : '[command]'; // omit prefix when piped to a second tool
        if (toolrunner_IS_WINDOWS) {
            // Windows + cmd file
            if (this._isCmdFile()) {
                cmd += toolPath;
                for (const a of args) {
                    cmd += ` ${a}`;
                }
            }
            // Windows + verbatim
            else if (options.windowsVerbatimArguments) {
                cmd += `"${toolPath}"`;
                for (const a of args) {
                    cmd += ` ${a}`;
                }
            }
            // Windows (regular)
            else {
                cmd += this._windowsQuoteCmdArg(toolPath);
                for (const a of args) {
                    cmd += ` ${this._windowsQuoteCmdArg(a)}`;
                }
            }
        }
        else {
            // OSX/Linux - this can likely be improved with some form of quoting.
            // creating processes on Unix is fundamentally different than Windows.
            // on Unix, execvp() takes an arg array.
            cmd += toolPath;
            for (const a of args) {
                cmd += ` ${a}`;
            }
        }
        return cmd;
    }
    _processLineBuffer(data, strBuffer, onLine) {
        try {
            let s = strBuffer + data.toString();
            let n = s.indexOf(external_os_.EOL);
            while (n > -1) {
                const line = s.substring(0, n);
                onLine(line);
                // the rest of the string ...
                s = s.substring(n + external_os_.EOL.length);
                n = s.indexOf(external_os_.EOL);
            }
            return s;
        }
        catch (err) {
            // streaming lines to console is best effort.  Don't fail a build.
            this._debug(`error processing line. Failed with error ${err}`);
            return '';
        }
    }
    _getSpawnFileName() {
        if (toolrunner_IS_WINDOWS) {
            if (this._isCmdFile()) {
                return process.env['COMSPEC'] || 'cmd.exe';
            }
        }
        return this.toolPath;
    }
    _getSpawnArgs(options) {
        if (toolrunner_IS_WINDOWS) {
            if (this._isCmdFile()) {
                let argline = `/D /S /C "${this._windowsQuoteCmdArg(this.toolPath)}`;
                for (const a of this.args) {
                    argline += ' ';
                    argline += options.windowsVerbatimArguments
                        ? a
                        : this._windowsQuoteCmdArg(a);
                }
                argline += '"';
                return [argline];
            }
        }
        return this.args;
    }
    _endsWith(str, end) {
        return str.endsWith(end);
    }
    _isCmdFile() {
        const upperToolPath = this.toolPath.toUpperCase();
        return (this._endsWith(upperToolPath, '.CMD') ||
            this._endsWith(upperToolPath, '.BAT'));
    }
    _windowsQuoteCmdArg(arg) {
        // for .exe, apply the normal quoting rules that libuv applies
        if (!this._isCmdFile()) {
            return this._uvQuoteCmdArg(arg);
        }
        // otherwise apply quoting rules specific to the cmd.exe command line parser.
        // the libuv rules are generic and are not designed specifically for cmd.exe
        // command line parser.
        //
        // for a detailed description of the cmd.exe command line parser, refer to
        // http://stackoverflow.com/questions/4094699/how-does-the-windows-command-interpreter-cmd-exe-parse-scripts/7970912#7970912
        // need quotes for empty arg
        if (!arg) {
            return '""';
        }
        // determine whether the arg needs to be quoted
        const cmdSpecialChars = [
            ' ',
            '\t',
            '&',
            '(',
            ')',
            '[',
            ']',
            '{',
            '}',
            '^',
            '=',
            ';',
            '!',
            "'",
            '+',
            ',',
            '`',
            '~',
            '|',
            '<',
            '>',
            '"'
        ];
        let needsQuotes = false;
        for (const char of arg) {
            if (cmdSpecialChars.some(x => x === char)) {
                needsQuotes = true;
                break;
            }
        }
        // short-circuit if quotes not needed
        if (!needsQuotes) {
            return arg;
        }
        // the following quoting rules are very similar to the rules that by libuv applies.
        //
        // 1) wrap the string in quotes
        //
        // 2) double-up quotes - i.e. " => ""
        //
        //    this is different from the libuv quoting rules. libuv replaces " with \", which unfortunately
        //    doesn't work well with a cmd.exe command line.
        //
        //    note, replacing " with "" also works well if the arg is passed to a downstream .NET console app.
        //    for example, the command line:
        //          foo.exe "myarg:""my val"""
        //    is parsed by a .NET console app into an arg array:
        //          [ "myarg:\"my val\"" ]
        //    which is the same end result when applying libuv quoting rules. although the actual
        //    command line from libuv quoting rules would look like:
        //          foo.exe "myarg:\"my val\""
        //
        // 3) double-up slashes that precede a quote,
        //    e.g.  hello \world    => "hello \world"
        //          hello\"world    => "hello\\""world"
        //          hello\\"world   => "hello\\\\""world"
        //          hello world\    => "hello world\\"
        //
        //    technically this is not required for a cmd.exe command line, or the batch argument parser.
        //    the reasons for including this as a .cmd quoting rule are:
        //
        //    a) this is optimized for the scenario where the argument is passed from the .cmd file to an
        //       external program. many programs (e.g. .NET console apps) rely on the slash-doubling rule.
        //
        //    b) it's what we've been doing previously (by deferring to node default behavior) and we
        //       haven't heard any complaints about that aspect.
        //
        // note, a weakness of the quoting rules chosen here, is that % is not escaped. in fact, % cannot be
        // escaped when used on the command line directly - even though within a .cmd file % can be escaped
        // by using %%.
        //
        // the saving grace is, on the command line, %var% is left as-is if var is not defined. this contrasts
        // the line parsing rules within a .cmd file, where if var is not defined it is replaced with nothing.
        //
        // one option that was explored was replacing % with ^% - i.e. %var% => ^%var^%. this hack would
        // often work, since it is unlikely that var^ would exist, and the ^ character is removed when the
        // variable is used. the problem, however, is that ^ is not removed when %* is used to pass the args
        // to an external program.
        //
        // an unexplored potential solution for the % escaping problem, is to create a wrapper .cmd file.
        // % can be escaped within a .cmd file.
        let reverse = '"';
        let quoteHit = true;
        for (let i = arg.length; i > 0; i--) {
            // walk the string in reverse
            reverse += arg[i - 1];
            if (quoteHit && arg[i - 1] === '\\') {
                reverse += '\\'; // double the slash
            }
            else if (arg[i - 1] === '"') {
                quoteHit = true;
                reverse += '"'; // double the quote
            }
            else {
                quoteHit = false;
            }
        }
        reverse += '"';
        return reverse.split('').reverse().join('');
    }
    _uvQuoteCmdArg(arg) {
        // Tool runner wraps child_process.spawn() and needs to apply the same quoting as
        // Node in certain cases where the undocumented spawn option windowsVerbatimArguments
        // is used.
        //
        // Since this function is a port of quote_cmd_arg from Node 4.x (technically, lib UV,
        // see https://github.com/nodejs/node/blob/v4.x/deps/uv/src/win/process.c for details),
        // pasting copyright notice from Node within this function:
        //
        //      Copyright Joyent, Inc. and other Node contributors. All rights reserved.
        //
        //      Permission is hereby granted, free of charge, to any person obtaining a copy
        //      of this software and associated documentation files (the "Software"), to
        //      deal in the Software without restriction, including without limitation the
        //      rights to use, copy, modify, merge, publish, distribute, sublicense, and/or
        //      sell copies of the Software, and to permit persons to whom the Software is
        //      furnished to do so, subject to the following conditions:
        //
        //      The above copyright notice and this permission notice shall be included in
        //      all copies or substantial portions of the Software.
        //
        //      THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
        //      IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
        //      FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
        //      AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
        //      LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING
        //      FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
        //      IN THE SOFTWARE.
        if (!arg) {
            // Need double quotation for empty argument
            return '""';
        }
        if (!arg.includes(' ') && !arg.includes('\t') && !arg.includes('"')) {
            // No quotation needed
            return arg;
        }
        if (!arg.includes('"') && !arg.includes('\\')) {
            // No embedded double quotes or backslashes, so I can just wrap
            // quote marks around the whole thing.
            return `"${arg}"`;
        }
        // Expected input/output:
        //   input : hello"world
        //   output: "hello\"world"
        //   input : hello""world
        //   output: "hello\"\"world"
        //   input : hello\world
        //   output: hello\world
        //   input : hello\\world
        //   output: hello\\world
        //   input : hello\"world
        //   output: "hello\\\"world"
        //   input : hello\\"world
        //   output: "hello\\\\\"world"
        //   input : hello world\
        //   output: "hello world\\" - note the comment in libuv actually reads "hello world\"
        //                             but it appears the comment is wrong, it should be "hello world\\"
        let reverse = '"';
        let quoteHit = true;
        for (let i = arg.length; i > 0; i--) {
            // walk the string in reverse
            reverse += arg[i - 1];
            if (quoteHit && arg[i - 1] === '\\') {
                reverse += '\\';
            }
            else if (arg[i - 1] === '"') {
                quoteHit = true;
                reverse += '\\';
            }
            else {
                quoteHit = false;
            }
        }
        reverse += '"';
        return reverse.split('').reverse().join('');
    }
    _cloneExecOptions(options) {
        options = options || {};
        const result = {
            cwd: options.cwd || process.cwd(),
            env: options.env || process.env,
            silent: options.silent || false,
            windowsVerbatimArguments: options.windowsVerbatimArguments || false,
            failOnStdErr: options.failOnStdErr || false,
            ignoreReturnCode: options.ignoreReturnCode || false,
            delay: options.delay || 10000
        };
        result.outStream = options.outStream || process.stdout;
        result.errStream = options.errStream || process.stderr;
        return result;
    }
    _getSpawnOptions(options, toolPath) {
        options = options || {};
        const result = {};
        result.cwd = options.cwd;
        result.env = options.env;
        result['windowsVerbatimArguments'] =
            options.windowsVerbatimArguments || this._isCmdFile();
        if (options.windowsVerbatimArguments) {
            result.argv0 = `"${toolPath}"`;
        }
        return result;
    }
    /**
     * Exec a tool.
     * Output will be streamed to the live console.
     * Returns promise with return code
     *
     * @param     tool     path to tool to exec
     * @param     options  optional exec options.  See ExecOptions
     * @returns   number
     */
    exec() {
        return toolrunner_awaiter(this, void 0, void 0, function* () {
            // root the tool path if it is unrooted and contains relative pathing
            if (!isRooted(this.toolPath) &&
                (this.toolPath.includes('/') ||
                    (toolrunner_IS_WINDOWS && this.toolPath.includes('\\')))) {
                // prefer options.cwd if it is specified, however options.cwd may also need to be rooted
                this.toolPath = external_path_.resolve(process.cwd(), this.options.cwd || process.cwd(), this.toolPath);
            }
            // if the tool is only a file name, then resolve it from the PATH
            // otherwise verify it exists (add extension on Windows if necessary)
            this.toolPath = yield which(this.toolPath, true);
            return new Promise((resolve, reject) => toolrunner_awaiter(this, void 0, void 0, function* () {
                this._debug(`exec tool: ${this.toolPath}`);
                this._debug('arguments:');
                for (const arg of this.args) {
                    this._debug(`   ${arg}`);
                }
                const optionsNonNull = this._cloneExecOptions(this.options);
                if (!optionsNonNull.silent && optionsNonNull.outStream) {
                    optionsNonNull.outStream.write(this._getCommandString(optionsNonNull) + external_os_.EOL);
                }
                const state = new ExecState(optionsNonNull, this.toolPath);
                state.on('debug', (message) => {
                    this._debug(message);
                });
                if (this.options.cwd && !(yield exists(this.options.cwd))) {
                    return reject(new Error(`The cwd: ${this.options.cwd} does not exist!`));
                }
                const fileName = this._getSpawnFileName();
                const cp = external_child_process_.spawn(fileName, this._getSpawnArgs(optionsNonNull), this._getSpawnOptions(this.options, fileName));
                let stdbuffer = '';
                if (cp.stdout) {
                    cp.stdout.on('data', (data) => {
                        if (this.options.listeners && this.options.listeners.stdout) {
                            this.options.listeners.stdout(data);
                        }
                        if (!optionsNonNull.silent && optionsNonNull.outStream) {
                            optionsNonNull.outStream.write(data);
                        }
                        stdbuffer = this._processLineBuffer(data, stdbuffer, (line) => {
                            if (this.options.listeners && this.options.listeners.stdline) {
                                this.options.listeners.stdline(line);
                            }
                        });
                    });
                }
                let errbuffer = '';
                if (cp.stderr) {
                    cp.stderr.on('data', (data) => {
                        state.processStderr = true;
                        if (this.options.listeners && this.options.listeners.stderr) {
                            this.options.listeners.stderr(data);
                        }
                        if (!optionsNonNull.silent &&
                            optionsNonNull.errStream &&
                            optionsNonNull.outStream) {
                            const s = optionsNonNull.failOnStdErr
                                ? optionsNonNull.errStream
                                : optionsNonNull.outStream;
                            s.write(data);
                        }
                        errbuffer = this._processLineBuffer(data, errbuffer, (line) => {
                            if (this.options.listeners && this.options.listeners.errline) {
                                this.options.listeners.errline(line);
                            }
                        });
                    });
                }
                cp.on('error', (err) => {
                    state.processError = err.message;
                    state.processExited = true;
                    state.processClosed = true;
                    state.CheckComplete();
                });
                cp.on('exit', (code) => {
                    state.processExitCode = code;
                    state.processExited = true;
                    this._debug(`Exit code ${code} received from tool '${this.toolPath}'`);
                    state.CheckComplete();
                });
                cp.on('close', (code) => {
                    state.processExitCode = code;
                    state.processExited = true;
                    state.processClosed = true;
                    this._debug(`STDIO streams have closed for tool '${this.toolPath}'`);
                    state.CheckComplete();
                });
                state.on('done', (error, exitCode) => {
                    if (stdbuffer.length > 0) {
                        this.emit('stdline', stdbuffer);
                    }
                    if (errbuffer.length > 0) {
                        this.emit('errline', errbuffer);
                    }
                    cp.removeAllListeners();
                    if (error) {
                        reject(error);
                    }
                    else {
                        resolve(exitCode);
                    }
                });
                if (this.options.input) {
                    if (!cp.stdin) {
                        throw new Error('child process missing stdin');
                    }
                    cp.stdin.end(this.options.input);
                }
            }));
        });
    }
}
/**
 * Convert an arg string to an array of args. Handles escaping
 *
 * @param    argString   string of arguments
 * @returns  string[]    array of arguments
 */
function argStringToArray(argString) {
    const args = [];
    let inQuotes = false;
    let escaped = false;
    let arg = '';
    function append(c) {
        // we only escape double quotes.
        if (escaped && c !== '"') {
            arg += '\\';
        }
        arg += c;
        escaped = false;
    }
    for (let i = 0; i < argString.length; i++) {
        const c = argString.charAt(i);
        if (c === '"') {
            if (!escaped) {
                inQuotes = !inQuotes;
            }
            else {
                append(c);
            }
            continue;
        }
        if (c === '\\' && escaped) {
            append(c);
            continue;
        }
        if (c === '\\' && inQuotes) {
            escaped = true;
            continue;
        }
        if (c === ' ' && !inQuotes) {
            if (arg.length > 0) {
                args.push(arg);
                arg = '';
            }
            continue;
        }
        append(c);
    }
    if (arg.length > 0) {
        args.push(arg.trim());
    }
    return args;
}
class ExecState extends external_events_.EventEmitter {
    constructor(options, toolPath) {
        super();
        this.processClosed = false; // tracks whether the process has exited and stdio is closed
        this.processError = '';
        this.processExitCode = 0;
        this.processExited = false; // tracks whether the process has exited
        this.processStderr = false; // tracks whether stderr was written to
        this.delay = 10000; // 10 seconds
        this.done = false;
        this.timeout = null;
        if (!toolPath) {
            throw new Error('toolPath must not be empty');
        }
        this.options = options;
        this.toolPath = toolPath;
        if (options.delay) {
            this.delay = options.delay;
        }
    }
    CheckComplete() {
        if (this.done) {
            return;
        }
        if (this.processClosed) {
            this._setResult();
        }
        else if (this.processExited) {
            this.timeout = (0,external_timers_namespaceObject.setTimeout)(ExecState.HandleTimeout, this.delay, this);
        }
    }
    _debug(message) {
        this.emit('debug', message);
    }
    _setResult() {
        // determine whether there is an error
        let error;
        if (this.processExited) {
            if (this.processError) {
                error = new Error(`There was an error when attempting to execute the process '${this.toolPath}'. This may indicate the process failed to start. Error: ${this.processError}`);
            }
            else if (this.processExitCode !== 0 && !this.options.ignoreReturnCode) {
                error = new Error(`The process '${this.toolPath}' failed with exit code ${this.processExitCode}`);
            }
            else if (this.processStderr && this.options.failOnStdErr) {
                error = new Error(`The process '${this.toolPath}' failed because one or more lines were written to the STDERR stream`);
            }
        }
        // clear the timeout
        if (this.timeout) {
            clearTimeout(this.timeout);
            this.timeout = null;
        }
        this.done = true;
        this.emit('done', error, this.processExitCode);
    }
    static HandleTimeout(state) {
        if (state.done) {
            return;
        }
        if (!state.processClosed && state.processExited) {
            const message = `The STDIO streams did not close within ${state.delay / 1000} seconds of the exit event from process '${state.toolPath}'. This may indicate a child process inherited the STDIO streams and has not yet exited.`;
            state._debug(message);
        }
        state._setResult();
    }
}
//# sourceMappingURL=toolrunner.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/exec/lib/exec.js
var exec_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


/**
 * Exec a command.
 * Output will be streamed to the live console.
 * Returns promise with return code
 *
 * @param     commandLine        command to execute (can include additional args). Must be correctly escaped.
 * @param     args               optional arguments for tool. Escaping is handled by the lib.
 * @param     options            optional exec options.  See ExecOptions
 * @returns   Promise<number>    exit code
 */
function exec_exec(commandLine, args, options) {
    return exec_awaiter(this, void 0, void 0, function* () {
        const commandArgs = tr.argStringToArray(commandLine);
        if (commandArgs.length === 0) {
            throw new Error(`Parameter 'commandLine' cannot be null or empty.`);
        }
        // Path to tool to execute should be first arg
        const toolPath = commandArgs[0];
        args = commandArgs.slice(1).concat(args || []);
        const runner = new tr.ToolRunner(toolPath, args, options);
        return runner.exec();
    });
}
/**
 * Exec a command and get the output.
 * Output will be streamed to the live console.
 * Returns promise with the exit code and collected stdout and stderr
 *
 * @param     commandLine           command to execute (can include additional args). Must be correctly escaped.
 * @param     args                  optional arguments for tool. Escaping is handled by the lib.
 * @param     options               optional exec options.  See ExecOptions
 * @returns   Promise<ExecOutput>   exit code, stdout, and stderr
 */
function getExecOutput(commandLine, args, options) {
    return exec_awaiter(this, void 0, void 0, function* () {
        var _a, _b;
        let stdout = '';
        let stderr = '';
        //Using string decoder covers the case where a mult-byte character is split
        const stdoutDecoder = new StringDecoder('utf8');
        const stderrDecoder = new StringDecoder('utf8');
        const originalStdoutListener = (_a = options === null || options === void 0 ? void 0 : options.listeners) === null || _a === void 0 ? void 0 : _a.stdout;
        const originalStdErrListener = (_b = options === null || options === void 0 ? void 0 : options.listeners) === null || _b === void 0 ? void 0 : _b.stderr;
        const stdErrListener = (data) => {
            stderr += stderrDecoder.write(data);
            if (originalStdErrListener) {
                originalStdErrListener(data);
            }
        };
        const stdOutListener = (data) => {
            stdout += stdoutDecoder.write(data);
            if (originalStdoutListener) {
                originalStdoutListener(data);
            }
        };
        const listeners = Object.assign(Object.assign({}, options === null || options === void 0 ? void 0 : options.listeners), { stdout: stdOutListener, stderr: stdErrListener });
        const exitCode = yield exec_exec(commandLine, args, Object.assign(Object.assign({}, options), { listeners }));
        //flush any remaining characters
        stdout += stdoutDecoder.end();
        stderr += stderrDecoder.end();
        return {
            exitCode,
            stdout,
            stderr
        };
    });
}
//# sourceMappingURL=exec.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/platform.js
var platform_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const getWindowsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout: version } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Version"', undefined, {
        silent: true
    });
    const { stdout: name } = yield exec.getExecOutput('powershell -command "(Get-CimInstance -ClassName Win32_OperatingSystem).Caption"', undefined, {
        silent: true
    });
    return {
        name: name.trim(),
        version: version.trim()
    };
});
const getMacOsInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    var _a, _b, _c, _d;
    const { stdout } = yield exec.getExecOutput('sw_vers', undefined, {
        silent: true
    });
    const version = (_b = (_a = stdout.match(/ProductVersion:\s*(.+)/)) === null || _a === void 0 ? void 0 : _a[1]) !== null && _b !== void 0 ? _b : '';
    const name = (_d = (_c = stdout.match(/ProductName:\s*(.+)/)) === null || _c === void 0 ? void 0 : _c[1]) !== null && _d !== void 0 ? _d : '';
    return {
        name,
        version
    };
});
const getLinuxInfo = () => platform_awaiter(void 0, void 0, void 0, function* () {
    const { stdout } = yield exec.getExecOutput('lsb_release', ['-i', '-r', '-s'], {
        silent: true
    });
    const [name, version] = stdout.trim().split('\n');
    return {
        name,
        version
    };
});
const platform = external_os_.platform();
const arch = external_os_.arch();
const isWindows = platform === 'win32';
const isMacOS = platform === 'darwin';
const isLinux = platform === 'linux';
function getDetails() {
    return platform_awaiter(this, void 0, void 0, function* () {
        return Object.assign(Object.assign({}, (yield (isWindows
            ? getWindowsInfo()
            : isMacOS
                ? getMacOsInfo()
                : getLinuxInfo()))), { platform,
            arch,
            isWindows,
            isMacOS,
            isLinux });
    });
}
//# sourceMappingURL=platform.js.map
;// CONCATENATED MODULE: ./node_modules/@actions/core/lib/core.js
var core_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};






/**
 * The code to exit an action
 */
var ExitCode;
(function (ExitCode) {
    /**
     * A code indicating that the action was successful
     */
    ExitCode[ExitCode["Success"] = 0] = "Success";
    /**
     * A code indicating that the action was a failure
     */
    ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
//-----------------------------------------------------------------------
// Variables
//-----------------------------------------------------------------------
/**
 * Sets env variable for this action and future actions in the job
 * @param name the name of the variable to set
 * @param val the value of the variable. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function exportVariable(name, val) {
    const convertedVal = toCommandValue(val);
    process.env[name] = convertedVal;
    const filePath = process.env['GITHUB_ENV'] || '';
    if (filePath) {
        return file_command_issueFileCommand('ENV', prepareKeyValueMessage(name, val));
    }
    command_issueCommand('set-env', { name }, convertedVal);
}
/**
 * Registers a secret which will get masked from logs
 *
 * @param secret - Value of the secret to be masked
 * @remarks
 * This function instructs the Actions runner to mask the specified value in any
 * logs produced during the workflow run. Once registered, the secret value will
 * be replaced with asterisks (***) whenever it appears in console output, logs,
 * or error messages.
 *
 * This is useful for protecting sensitive information such as:
 * - API keys
 * - Access tokens
 * - Authentication credentials
 * - URL parameters containing signatures (SAS tokens)
 *
 * Note that masking only affects future logs; any previous appearances of the
 * secret in logs before calling this function will remain unmasked.
 *
 * @example
 * ```typescript
 * // Register an API token as a secret
 * const apiToken = "abc123xyz456";
 * setSecret(apiToken);
 *
 * // Now any logs containing this value will show *** instead
 * console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
 * ```
 */
function core_setSecret(secret) {
    command_issueCommand('add-mask', {}, secret);
}
/**
 * Prepends inputPath to the PATH (for this action and future actions)
 * @param inputPath
 */
function addPath(inputPath) {
    const filePath = process.env['GITHUB_PATH'] || '';
    if (filePath) {
        issueFileCommand('PATH', inputPath);
    }
    else {
        issueCommand('add-path', {}, inputPath);
    }
    process.env['PATH'] = `${inputPath}${path.delimiter}${process.env['PATH']}`;
}
/**
 * Gets the value of an input.
 * Unless trimWhitespace is set to false in InputOptions, the value is also trimmed.
 * Returns an empty string if the value is not defined.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string
 */
function getInput(name, options) {
    const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
    if (options && options.required && !val) {
        throw new Error(`Input required and not supplied: ${name}`);
    }
    if (options && options.trimWhitespace === false) {
        return val;
    }
    return val.trim();
}
/**
 * Gets the values of an multiline input.  Each value is also trimmed.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string[]
 *
 */
function getMultilineInput(name, options) {
    const inputs = getInput(name, options)
        .split('\n')
        .filter(x => x !== '');
    if (options && options.trimWhitespace === false) {
        return inputs;
    }
    return inputs.map(input => input.trim());
}
/**
 * Gets the input value of the boolean type in the YAML 1.2 "core schema" specification.
 * Support boolean input list: `true | True | TRUE | false | False | FALSE` .
 * The return value is also in boolean type.
 * ref: https://yaml.org/spec/1.2/spec.html#id2804923
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   boolean
 */
function getBooleanInput(name, options) {
    const trueValue = ['true', 'True', 'TRUE'];
    const falseValue = ['false', 'False', 'FALSE'];
    const val = getInput(name, options);
    if (trueValue.includes(val))
        return true;
    if (falseValue.includes(val))
        return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
        `Support boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}
/**
 * Sets the value of an output.
 *
 * @param     name     name of the output to set
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function setOutput(name, value) {
    const filePath = process.env['GITHUB_OUTPUT'] || '';
    if (filePath) {
        return file_command_issueFileCommand('OUTPUT', prepareKeyValueMessage(name, value));
    }
    process.stdout.write(external_os_.EOL);
    command_issueCommand('set-output', { name }, toCommandValue(value));
}
/**
 * Enables or disables the echoing of commands into stdout for the rest of the step.
 * Echoing is disabled by default if ACTIONS_STEP_DEBUG is not set.
 *
 */
function setCommandEcho(enabled) {
    issue('echo', enabled ? 'on' : 'off');
}
//-----------------------------------------------------------------------
// Results
//-----------------------------------------------------------------------
/**
 * Sets the action status to failed.
 * When the action exits it will be with an exit code of 1
 * @param message add error issue message
 */
function setFailed(message) {
    process.exitCode = ExitCode.Failure;
    error(message);
}
//-----------------------------------------------------------------------
// Logging Commands
//-----------------------------------------------------------------------
/**
 * Gets whether Actions Step Debug is on or not
 */
function isDebug() {
    return process.env['RUNNER_DEBUG'] === '1';
}
/**
 * Writes debug message to user log
 * @param message debug message
 */
function core_debug(message) {
    command_issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    command_issueCommand('error', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    command_issueCommand('warning', utils_toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a notice issue
 * @param message notice issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function notice(message, properties = {}) {
    issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Writes info to log with console.log.
 * @param message info message
 */
function info(message) {
    process.stdout.write(message + external_os_.EOL);
}
/**
 * Begin an output group.
 *
 * Output until the next `groupEnd` will be foldable in this group
 *
 * @param name The name of the output group
 */
function startGroup(name) {
    issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    issue('endgroup');
}
/**
 * Wrap an asynchronous function call in a group.
 *
 * Returns the same type as the function itself.
 *
 * @param name The name of the group
 * @param fn The function to wrap in the group
 */
function group(name, fn) {
    return core_awaiter(this, void 0, void 0, function* () {
        startGroup(name);
        let result;
        try {
            result = yield fn();
        }
        finally {
            endGroup();
        }
        return result;
    });
}
//-----------------------------------------------------------------------
// Wrapper action state
//-----------------------------------------------------------------------
/**
 * Saves state for current action, the state can only be retrieved by this action's post job execution.
 *
 * @param     name     name of the state to store
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function saveState(name, value) {
    const filePath = process.env['GITHUB_STATE'] || '';
    if (filePath) {
        return file_command_issueFileCommand('STATE', prepareKeyValueMessage(name, value));
    }
    command_issueCommand('save-state', { name }, toCommandValue(value));
}
/**
 * Gets the value of an state set by this action's main execution.
 *
 * @param     name     name of the state to get
 * @returns   string
 */
function getState(name) {
    return process.env[`STATE_${name}`] || '';
}
function getIDToken(aud) {
    return core_awaiter(this, void 0, void 0, function* () {
        return yield OidcClient.getIDToken(aud);
    });
}
/**
 * Summary exports
 */

/**
 * @deprecated use core.summary
 */

/**
 * Path exports
 */

/**
 * Platform utilities exports
 */

//# sourceMappingURL=core.js.map

/***/ }),

/***/ 2385:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  Qq: () => (/* binding */ HttpClient)
});

// UNUSED EXPORTS: Headers, HttpClientError, HttpClientResponse, HttpCodes, MediaTypes, getProxyUrl, isHttps

// EXTERNAL MODULE: external "http"
var external_http_ = __nccwpck_require__(8611);
var external_http_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_http_, 2);
// EXTERNAL MODULE: external "https"
var external_https_ = __nccwpck_require__(5692);
var external_https_namespaceObject = /*#__PURE__*/__nccwpck_require__.t(external_https_, 2);
// EXTERNAL MODULE: ./node_modules/@actions/http-client/lib/proxy.js
var proxy = __nccwpck_require__(9783);
// EXTERNAL MODULE: ./node_modules/tunnel/index.js
var tunnel = __nccwpck_require__(770);
;// CONCATENATED MODULE: ./stubs/undici/index.js
// @actions/http-client imports undici for one function that nobody here calls, getAgentDispatcher. The real package would be
// two thirds of the bundle, and loading it would cost more time than everything else: docs/decisions names the figures.
class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this bundle')
  }
}

;// CONCATENATED MODULE: ./node_modules/@actions/http-client/lib/index.js
/* eslint-disable @typescript-eslint/no-explicit-any */
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};





var HttpCodes;
(function (HttpCodes) {
    HttpCodes[HttpCodes["OK"] = 200] = "OK";
    HttpCodes[HttpCodes["MultipleChoices"] = 300] = "MultipleChoices";
    HttpCodes[HttpCodes["MovedPermanently"] = 301] = "MovedPermanently";
    HttpCodes[HttpCodes["ResourceMoved"] = 302] = "ResourceMoved";
    HttpCodes[HttpCodes["SeeOther"] = 303] = "SeeOther";
    HttpCodes[HttpCodes["NotModified"] = 304] = "NotModified";
    HttpCodes[HttpCodes["UseProxy"] = 305] = "UseProxy";
    HttpCodes[HttpCodes["SwitchProxy"] = 306] = "SwitchProxy";
    HttpCodes[HttpCodes["TemporaryRedirect"] = 307] = "TemporaryRedirect";
    HttpCodes[HttpCodes["PermanentRedirect"] = 308] = "PermanentRedirect";
    HttpCodes[HttpCodes["BadRequest"] = 400] = "BadRequest";
    HttpCodes[HttpCodes["Unauthorized"] = 401] = "Unauthorized";
    HttpCodes[HttpCodes["PaymentRequired"] = 402] = "PaymentRequired";
    HttpCodes[HttpCodes["Forbidden"] = 403] = "Forbidden";
    HttpCodes[HttpCodes["NotFound"] = 404] = "NotFound";
    HttpCodes[HttpCodes["MethodNotAllowed"] = 405] = "MethodNotAllowed";
    HttpCodes[HttpCodes["NotAcceptable"] = 406] = "NotAcceptable";
    HttpCodes[HttpCodes["ProxyAuthenticationRequired"] = 407] = "ProxyAuthenticationRequired";
    HttpCodes[HttpCodes["RequestTimeout"] = 408] = "RequestTimeout";
    HttpCodes[HttpCodes["Conflict"] = 409] = "Conflict";
    HttpCodes[HttpCodes["Gone"] = 410] = "Gone";
    HttpCodes[HttpCodes["TooManyRequests"] = 429] = "TooManyRequests";
    HttpCodes[HttpCodes["InternalServerError"] = 500] = "InternalServerError";
    HttpCodes[HttpCodes["NotImplemented"] = 501] = "NotImplemented";
    HttpCodes[HttpCodes["BadGateway"] = 502] = "BadGateway";
    HttpCodes[HttpCodes["ServiceUnavailable"] = 503] = "ServiceUnavailable";
    HttpCodes[HttpCodes["GatewayTimeout"] = 504] = "GatewayTimeout";
})(HttpCodes || (HttpCodes = {}));
var Headers;
(function (Headers) {
    Headers["Accept"] = "accept";
    Headers["ContentType"] = "content-type";
})(Headers || (Headers = {}));
var MediaTypes;
(function (MediaTypes) {
    MediaTypes["ApplicationJson"] = "application/json";
})(MediaTypes || (MediaTypes = {}));
/**
 * Returns the proxy URL, depending upon the supplied url and proxy environment variables.
 * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
 */
function getProxyUrl(serverUrl) {
    const proxyUrl = pm.getProxyUrl(new URL(serverUrl));
    return proxyUrl ? proxyUrl.href : '';
}
const HttpRedirectCodes = [
    HttpCodes.MovedPermanently,
    HttpCodes.ResourceMoved,
    HttpCodes.SeeOther,
    HttpCodes.TemporaryRedirect,
    HttpCodes.PermanentRedirect
];
const HttpResponseRetryCodes = [
    HttpCodes.BadGateway,
    HttpCodes.ServiceUnavailable,
    HttpCodes.GatewayTimeout
];
const RetryableHttpVerbs = ['OPTIONS', 'GET', 'DELETE', 'HEAD'];
const ExponentialBackoffCeiling = 10;
const ExponentialBackoffTimeSlice = 5;
class HttpClientError extends Error {
    constructor(message, statusCode) {
        super(message);
        this.name = 'HttpClientError';
        this.statusCode = statusCode;
        Object.setPrototypeOf(this, HttpClientError.prototype);
    }
}
class HttpClientResponse {
    constructor(message) {
        this.message = message;
    }
    readBody() {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => __awaiter(this, void 0, void 0, function* () {
                let output = Buffer.alloc(0);
                this.message.on('data', (chunk) => {
                    output = Buffer.concat([output, chunk]);
                });
                this.message.on('end', () => {
                    resolve(output.toString());
                });
            }));
        });
    }
    readBodyBuffer() {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve) => __awaiter(this, void 0, void 0, function* () {
                const chunks = [];
                this.message.on('data', (chunk) => {
                    chunks.push(chunk);
                });
                this.message.on('end', () => {
                    resolve(Buffer.concat(chunks));
                });
            }));
        });
    }
}
function isHttps(requestUrl) {
    const parsedUrl = new URL(requestUrl);
    return parsedUrl.protocol === 'https:';
}
class HttpClient {
    constructor(userAgent, handlers, requestOptions) {
        this._ignoreSslError = false;
        this._allowRedirects = true;
        this._allowRedirectDowngrade = false;
        this._maxRedirects = 50;
        this._allowRetries = false;
        this._maxRetries = 1;
        this._keepAlive = false;
        this._disposed = false;
        this.userAgent = this._getUserAgentWithOrchestrationId(userAgent);
        this.handlers = handlers || [];
        this.requestOptions = requestOptions;
        if (requestOptions) {
            if (requestOptions.ignoreSslError != null) {
                this._ignoreSslError = requestOptions.ignoreSslError;
            }
            this._socketTimeout = requestOptions.socketTimeout;
            if (requestOptions.allowRedirects != null) {
                this._allowRedirects = requestOptions.allowRedirects;
            }
            if (requestOptions.allowRedirectDowngrade != null) {
                this._allowRedirectDowngrade = requestOptions.allowRedirectDowngrade;
            }
            if (requestOptions.maxRedirects != null) {
                this._maxRedirects = Math.max(requestOptions.maxRedirects, 0);
            }
            if (requestOptions.keepAlive != null) {
                this._keepAlive = requestOptions.keepAlive;
            }
            if (requestOptions.allowRetries != null) {
                this._allowRetries = requestOptions.allowRetries;
            }
            if (requestOptions.maxRetries != null) {
                this._maxRetries = requestOptions.maxRetries;
            }
        }
    }
    options(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('OPTIONS', requestUrl, null, additionalHeaders || {});
        });
    }
    get(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('GET', requestUrl, null, additionalHeaders || {});
        });
    }
    del(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('DELETE', requestUrl, null, additionalHeaders || {});
        });
    }
    post(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('POST', requestUrl, data, additionalHeaders || {});
        });
    }
    patch(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('PATCH', requestUrl, data, additionalHeaders || {});
        });
    }
    put(requestUrl, data, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('PUT', requestUrl, data, additionalHeaders || {});
        });
    }
    head(requestUrl, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request('HEAD', requestUrl, null, additionalHeaders || {});
        });
    }
    sendStream(verb, requestUrl, stream, additionalHeaders) {
        return __awaiter(this, void 0, void 0, function* () {
            return this.request(verb, requestUrl, stream, additionalHeaders);
        });
    }
    /**
     * Gets a typed object from an endpoint
     * Be aware that not found returns a null.  Other errors (4xx, 5xx) reject the promise
     */
    getJson(requestUrl_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, additionalHeaders = {}) {
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            const res = yield this.get(requestUrl, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    postJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.post(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    putJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.put(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    patchJson(requestUrl_1, obj_1) {
        return __awaiter(this, arguments, void 0, function* (requestUrl, obj, additionalHeaders = {}) {
            const data = JSON.stringify(obj, null, 2);
            additionalHeaders[Headers.Accept] = this._getExistingOrDefaultHeader(additionalHeaders, Headers.Accept, MediaTypes.ApplicationJson);
            additionalHeaders[Headers.ContentType] =
                this._getExistingOrDefaultContentTypeHeader(additionalHeaders, MediaTypes.ApplicationJson);
            const res = yield this.patch(requestUrl, data, additionalHeaders);
            return this._processResponse(res, this.requestOptions);
        });
    }
    /**
     * Makes a raw http request.
     * All other methods such as get, post, patch, and request ultimately call this.
     * Prefer get, del, post and patch
     */
    request(verb, requestUrl, data, headers) {
        return __awaiter(this, void 0, void 0, function* () {
            if (this._disposed) {
                throw new Error('Client has already been disposed.');
            }
            const parsedUrl = new URL(requestUrl);
            let info = this._prepareRequest(verb, parsedUrl, headers);
            // Only perform retries on reads since writes may not be idempotent.
            const maxTries = this._allowRetries && RetryableHttpVerbs.includes(verb)
                ? this._maxRetries + 1
                : 1;
            let numTries = 0;
            let response;
            do {
                response = yield this.requestRaw(info, data);
                // Check if it's an authentication challenge
                if (response &&
                    response.message &&
                    response.message.statusCode === HttpCodes.Unauthorized) {
                    let authenticationHandler;
                    for (const handler of this.handlers) {
                        if (handler.canHandleAuthentication(response)) {
                            authenticationHandler = handler;
                            break;
                        }
                    }
                    if (authenticationHandler) {
                        return authenticationHandler.handleAuthentication(this, info, data);
                    }
                    else {
                        // We have received an unauthorized response but have no handlers to handle it.
                        // Let the response return to the caller.
                        return response;
                    }
                }
                let redirectsRemaining = this._maxRedirects;
                while (response.message.statusCode &&
                    HttpRedirectCodes.includes(response.message.statusCode) &&
                    this._allowRedirects &&
                    redirectsRemaining > 0) {
                    const redirectUrl = response.message.headers['location'];
                    if (!redirectUrl) {
                        // if there's no location to redirect to, we won't
                        break;
                    }
                    const parsedRedirectUrl = new URL(redirectUrl);
                    if (parsedUrl.protocol === 'https:' &&
                        parsedUrl.protocol !== parsedRedirectUrl.protocol &&
                        !this._allowRedirectDowngrade) {
                        throw new Error('Redirect from HTTPS to HTTP protocol. This downgrade is not allowed for security reasons. If you want to allow this behavior, set the allowRedirectDowngrade option to true.');
                    }
                    // we need to finish reading the response before reassigning response
                    // which will leak the open socket.
                    yield response.readBody();
                    // strip authorization header if redirected to a different hostname
                    if (parsedRedirectUrl.hostname !== parsedUrl.hostname) {
                        for (const header in headers) {
                            // header names are case insensitive
                            if (header.toLowerCase() === 'authorization') {
                                delete headers[header];
                            }
                        }
                    }
                    // let's make the request with the new redirectUrl
                    info = this._prepareRequest(verb, parsedRedirectUrl, headers);
                    response = yield this.requestRaw(info, data);
                    redirectsRemaining--;
                }
                if (!response.message.statusCode ||
                    !HttpResponseRetryCodes.includes(response.message.statusCode)) {
                    // If not a retry code, return immediately instead of retrying
                    return response;
                }
                numTries += 1;
                if (numTries < maxTries) {
                    yield response.readBody();
                    yield this._performExponentialBackoff(numTries);
                }
            } while (numTries < maxTries);
            return response;
        });
    }
    /**
     * Needs to be called if keepAlive is set to true in request options.
     */
    dispose() {
        if (this._agent) {
            this._agent.destroy();
        }
        this._disposed = true;
    }
    /**
     * Raw request.
     * @param info
     * @param data
     */
    requestRaw(info, data) {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => {
                function callbackForResult(err, res) {
                    if (err) {
                        reject(err);
                    }
                    else if (!res) {
                        // If `err` is not passed, then `res` must be passed.
                        reject(new Error('Unknown error'));
                    }
                    else {
                        resolve(res);
                    }
                }
                this.requestRawWithCallback(info, data, callbackForResult);
            });
        });
    }
    /**
     * Raw request with callback.
     * @param info
     * @param data
     * @param onResult
     */
    requestRawWithCallback(info, data, onResult) {
        if (typeof data === 'string') {
            if (!info.options.headers) {
                info.options.headers = {};
            }
            info.options.headers['Content-Length'] = Buffer.byteLength(data, 'utf8');
        }
        let callbackCalled = false;
        function handleResult(err, res) {
            if (!callbackCalled) {
                callbackCalled = true;
                onResult(err, res);
            }
        }
        const req = info.httpModule.request(info.options, (msg) => {
            const res = new HttpClientResponse(msg);
            handleResult(undefined, res);
        });
        let socket;
        req.on('socket', sock => {
            socket = sock;
        });
        // If we ever get disconnected, we want the socket to timeout eventually
        req.setTimeout(this._socketTimeout || 3 * 60000, () => {
            if (socket) {
                socket.end();
            }
            handleResult(new Error(`Request timeout: ${info.options.path}`));
        });
        req.on('error', function (err) {
            // err has statusCode property
            // res should have headers
            handleResult(err);
        });
        if (data && typeof data === 'string') {
            req.write(data, 'utf8');
        }
        if (data && typeof data !== 'string') {
            data.on('close', function () {
                req.end();
            });
            data.pipe(req);
        }
        else {
            req.end();
        }
    }
    /**
     * Gets an http agent. This function is useful when you need an http agent that handles
     * routing through a proxy server - depending upon the url and proxy environment variables.
     * @param serverUrl  The server URL where the request will be sent. For example, https://api.github.com
     */
    getAgent(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        return this._getAgent(parsedUrl);
    }
    getAgentDispatcher(serverUrl) {
        const parsedUrl = new URL(serverUrl);
        const proxyUrl = proxy/* getProxyUrl */.s(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (!useProxy) {
            return;
        }
        return this._getProxyAgentDispatcher(parsedUrl, proxyUrl);
    }
    _prepareRequest(method, requestUrl, headers) {
        const info = {};
        info.parsedUrl = requestUrl;
        const usingSsl = info.parsedUrl.protocol === 'https:';
        info.httpModule = usingSsl ? external_https_namespaceObject : external_http_namespaceObject;
        const defaultPort = usingSsl ? 443 : 80;
        info.options = {};
        info.options.host = info.parsedUrl.hostname;
        info.options.port = info.parsedUrl.port
            ? parseInt(info.parsedUrl.port)
            : defaultPort;
        info.options.path =
            (info.parsedUrl.pathname || '') + (info.parsedUrl.search || '');
        info.options.method = method;
        info.options.headers = this._mergeHeaders(headers);
        if (this.userAgent != null) {
            info.options.headers['user-agent'] = this.userAgent;
        }
        info.options.agent = this._getAgent(info.parsedUrl);
        // gives handlers an opportunity to participate
        if (this.handlers) {
            for (const handler of this.handlers) {
                handler.prepareRequest(info.options);
            }
        }
        return info;
    }
    _mergeHeaders(headers) {
        if (this.requestOptions && this.requestOptions.headers) {
            return Object.assign({}, lowercaseKeys(this.requestOptions.headers), lowercaseKeys(headers || {}));
        }
        return lowercaseKeys(headers || {});
    }
    /**
     * Gets an existing header value or returns a default.
     * Handles converting number header values to strings since HTTP headers must be strings.
     * Note: This returns string | string[] since some headers can have multiple values.
     * For headers that must always be a single string (like Content-Type), use the
     * specialized _getExistingOrDefaultContentTypeHeader method instead.
     */
    _getExistingOrDefaultHeader(additionalHeaders, header, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[header];
            if (headerValue) {
                clientHeader =
                    typeof headerValue === 'number' ? headerValue.toString() : headerValue;
            }
        }
        const additionalValue = additionalHeaders[header];
        if (additionalValue !== undefined) {
            return typeof additionalValue === 'number'
                ? additionalValue.toString()
                : additionalValue;
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    /**
     * Specialized version of _getExistingOrDefaultHeader for Content-Type header.
     * Always returns a single string (not an array) since Content-Type should be a single value.
     * Converts arrays to comma-separated strings and numbers to strings to ensure type safety.
     * This was split from _getExistingOrDefaultHeader to provide stricter typing for callers
     * that assign the result to places expecting a string (e.g., additionalHeaders[Headers.ContentType]).
     */
    _getExistingOrDefaultContentTypeHeader(additionalHeaders, _default) {
        let clientHeader;
        if (this.requestOptions && this.requestOptions.headers) {
            const headerValue = lowercaseKeys(this.requestOptions.headers)[Headers.ContentType];
            if (headerValue) {
                if (typeof headerValue === 'number') {
                    clientHeader = String(headerValue);
                }
                else if (Array.isArray(headerValue)) {
                    clientHeader = headerValue.join(', ');
                }
                else {
                    clientHeader = headerValue;
                }
            }
        }
        const additionalValue = additionalHeaders[Headers.ContentType];
        // Return the first non-undefined value, converting numbers or arrays to strings if necessary
        if (additionalValue !== undefined) {
            if (typeof additionalValue === 'number') {
                return String(additionalValue);
            }
            else if (Array.isArray(additionalValue)) {
                return additionalValue.join(', ');
            }
            else {
                return additionalValue;
            }
        }
        if (clientHeader !== undefined) {
            return clientHeader;
        }
        return _default;
    }
    _getAgent(parsedUrl) {
        let agent;
        const proxyUrl = proxy/* getProxyUrl */.s(parsedUrl);
        const useProxy = proxyUrl && proxyUrl.hostname;
        if (this._keepAlive && useProxy) {
            agent = this._proxyAgent;
        }
        if (!useProxy) {
            agent = this._agent;
        }
        // if agent is already assigned use that agent.
        if (agent) {
            return agent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        let maxSockets = 100;
        if (this.requestOptions) {
            maxSockets = this.requestOptions.maxSockets || external_http_.globalAgent.maxSockets;
        }
        // This is `useProxy` again, but we need to check `proxyURl` directly for TypeScripts's flow analysis.
        if (proxyUrl && proxyUrl.hostname) {
            const agentOptions = {
                maxSockets,
                keepAlive: this._keepAlive,
                proxy: Object.assign(Object.assign({}, ((proxyUrl.username || proxyUrl.password) && {
                    proxyAuth: `${proxyUrl.username}:${proxyUrl.password}`
                })), { host: proxyUrl.hostname, port: proxyUrl.port })
            };
            let tunnelAgent;
            const overHttps = proxyUrl.protocol === 'https:';
            if (usingSsl) {
                tunnelAgent = overHttps ? tunnel.httpsOverHttps : tunnel.httpsOverHttp;
            }
            else {
                tunnelAgent = overHttps ? tunnel.httpOverHttps : tunnel.httpOverHttp;
            }
            agent = tunnelAgent(agentOptions);
            this._proxyAgent = agent;
        }
        // if tunneling agent isn't assigned create a new agent
        if (!agent) {
            const options = { keepAlive: this._keepAlive, maxSockets };
            agent = usingSsl ? new external_https_.Agent(options) : new external_http_.Agent(options);
            this._agent = agent;
        }
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            agent.options = Object.assign(agent.options || {}, {
                rejectUnauthorized: false
            });
        }
        return agent;
    }
    _getProxyAgentDispatcher(parsedUrl, proxyUrl) {
        let proxyAgent;
        if (this._keepAlive) {
            proxyAgent = this._proxyAgentDispatcher;
        }
        // if agent is already assigned use that agent.
        if (proxyAgent) {
            return proxyAgent;
        }
        const usingSsl = parsedUrl.protocol === 'https:';
        proxyAgent = new ProxyAgent(Object.assign({ uri: proxyUrl.href, pipelining: !this._keepAlive ? 0 : 1 }, ((proxyUrl.username || proxyUrl.password) && {
            token: `Basic ${Buffer.from(`${proxyUrl.username}:${proxyUrl.password}`).toString('base64')}`
        })));
        this._proxyAgentDispatcher = proxyAgent;
        if (usingSsl && this._ignoreSslError) {
            // we don't want to set NODE_TLS_REJECT_UNAUTHORIZED=0 since that will affect request for entire process
            // http.RequestOptions doesn't expose a way to modify RequestOptions.agent.options
            // we have to cast it to any and change it directly
            proxyAgent.options = Object.assign(proxyAgent.options.requestTls || {}, {
                rejectUnauthorized: false
            });
        }
        return proxyAgent;
    }
    _getUserAgentWithOrchestrationId(userAgent) {
        const baseUserAgent = userAgent || 'actions/http-client';
        const orchId = process.env['ACTIONS_ORCHESTRATION_ID'];
        if (orchId) {
            // Sanitize the orchestration ID to ensure it contains only valid characters
            // Valid characters: 0-9, a-z, _, -, .
            const sanitizedId = orchId.replace(/[^a-z0-9_.-]/gi, '_');
            return `${baseUserAgent} actions_orchestration_id/${sanitizedId}`;
        }
        return baseUserAgent;
    }
    _performExponentialBackoff(retryNumber) {
        return __awaiter(this, void 0, void 0, function* () {
            retryNumber = Math.min(ExponentialBackoffCeiling, retryNumber);
            const ms = ExponentialBackoffTimeSlice * Math.pow(2, retryNumber);
            return new Promise(resolve => setTimeout(() => resolve(), ms));
        });
    }
    _processResponse(res, options) {
        return __awaiter(this, void 0, void 0, function* () {
            return new Promise((resolve, reject) => __awaiter(this, void 0, void 0, function* () {
                const statusCode = res.message.statusCode || 0;
                const response = {
                    statusCode,
                    result: null,
                    headers: {}
                };
                // not found leads to null obj returned
                if (statusCode === HttpCodes.NotFound) {
                    resolve(response);
                }
                // get the result from the body
                function dateTimeDeserializer(key, value) {
                    if (typeof value === 'string') {
                        const a = new Date(value);
                        if (!isNaN(a.valueOf())) {
                            return a;
                        }
                    }
                    return value;
                }
                let obj;
                let contents;
                try {
                    contents = yield res.readBody();
                    if (contents && contents.length > 0) {
                        if (options && options.deserializeDates) {
                            obj = JSON.parse(contents, dateTimeDeserializer);
                        }
                        else {
                            obj = JSON.parse(contents);
                        }
                        response.result = obj;
                    }
                    response.headers = res.message.headers;
                }
                catch (err) {
                    // Invalid resource (contents not json);  leaving result obj null
                }
                // note that 3xx redirects are handled by the http layer.
                if (statusCode > 299) {
                    let msg;
                    // if exception/error in body, attempt to get better error
                    if (obj && obj.message) {
                        msg = obj.message;
                    }
                    else if (contents && contents.length > 0) {
                        // it may be the case that the exception is in the body message as string
                        msg = contents;
                    }
                    else {
                        msg = `Failed request: (${statusCode})`;
                    }
                    const err = new HttpClientError(msg, statusCode);
                    err.result = response.result;
                    reject(err);
                }
                else {
                    resolve(response);
                }
            }));
        });
    }
}
const lowercaseKeys = (obj) => Object.keys(obj).reduce((c, k) => ((c[k.toLowerCase()] = obj[k]), c), {});
//# sourceMappingURL=index.js.map

/***/ }),

/***/ 9783:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {

/* harmony export */ __nccwpck_require__.d(__webpack_exports__, {
/* harmony export */   H: () => (/* binding */ checkBypass),
/* harmony export */   s: () => (/* binding */ getProxyUrl)
/* harmony export */ });
function getProxyUrl(reqUrl) {
    const usingSsl = reqUrl.protocol === 'https:';
    if (checkBypass(reqUrl)) {
        return undefined;
    }
    const proxyVar = (() => {
        if (usingSsl) {
            return process.env['https_proxy'] || process.env['HTTPS_PROXY'];
        }
        else {
            return process.env['http_proxy'] || process.env['HTTP_PROXY'];
        }
    })();
    if (proxyVar) {
        try {
            return new DecodedURL(proxyVar);
        }
        catch (_a) {
            if (!proxyVar.startsWith('http://') && !proxyVar.startsWith('https://'))
                return new DecodedURL(`http://${proxyVar}`);
        }
    }
    else {
        return undefined;
    }
}
function checkBypass(reqUrl) {
    if (!reqUrl.hostname) {
        return false;
    }
    const reqHost = reqUrl.hostname;
    if (isLoopbackAddress(reqHost)) {
        return true;
    }
    const noProxy = process.env['no_proxy'] || process.env['NO_PROXY'] || '';
    if (!noProxy) {
        return false;
    }
    // Determine the request port
    let reqPort;
    if (reqUrl.port) {
        reqPort = Number(reqUrl.port);
    }
    else if (reqUrl.protocol === 'http:') {
        reqPort = 80;
    }
    else if (reqUrl.protocol === 'https:') {
        reqPort = 443;
    }
    // Format the request hostname and hostname with port
    const upperReqHosts = [reqUrl.hostname.toUpperCase()];
    if (typeof reqPort === 'number') {
        upperReqHosts.push(`${upperReqHosts[0]}:${reqPort}`);
    }
    // Compare request host against noproxy
    for (const upperNoProxyItem of noProxy
        .split(',')
        .map(x => x.trim().toUpperCase())
        .filter(x => x)) {
        if (upperNoProxyItem === '*' ||
            upperReqHosts.some(x => x === upperNoProxyItem ||
                x.endsWith(`.${upperNoProxyItem}`) ||
                (upperNoProxyItem.startsWith('.') &&
                    x.endsWith(`${upperNoProxyItem}`)))) {
            return true;
        }
    }
    return false;
}
function isLoopbackAddress(host) {
    const hostLower = host.toLowerCase();
    return (hostLower === 'localhost' ||
        hostLower.startsWith('127.') ||
        hostLower.startsWith('[::1]') ||
        hostLower.startsWith('[0:0:0:0:0:0:0:1]'));
}
class DecodedURL extends URL {
    constructor(url, base) {
        super(url, base);
        this._decodedUsername = decodeURIComponent(super.username);
        this._decodedPassword = decodeURIComponent(super.password);
    }
    get username() {
        return this._decodedUsername;
    }
    get password() {
        return this._decodedPassword;
    }
}
//# sourceMappingURL=proxy.js.map

/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId].call(module.exports, module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/******/ // expose the modules object (__webpack_modules__)
/******/ __nccwpck_require__.m = __webpack_modules__;
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	}
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}))
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/compat get default export */
/******/ (() => {
/******/ 	// getDefaultExport function for compatibility with non-harmony modules
/******/ 	__nccwpck_require__.n = (module) => {
/******/ 		var getter = module && module.__esModule ?
/******/ 			() => (module['default']) :
/******/ 			() => (module);
/******/ 		__nccwpck_require__.d(getter, { a: getter });
/******/ 		return getter;
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/create fake namespace object */
/******/ (() => {
/******/ 	var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
/******/ 	var leafPrototypes;
/******/ 	// create a fake namespace object
/******/ 	// mode & 1: value is a module id, require it
/******/ 	// mode & 2: merge all properties of value into the ns
/******/ 	// mode & 4: return value when already ns object
/******/ 	// mode & 16: return value when it's Promise-like
/******/ 	// mode & 8|1: behave like require
/******/ 	__nccwpck_require__.t = function(value, mode) {
/******/ 		if(mode & 1) value = this(value);
/******/ 		if(mode & 8) return value;
/******/ 		if(typeof value === 'object' && value) {
/******/ 			if((mode & 4) && value.__esModule) return value;
/******/ 			if((mode & 16) && typeof value.then === 'function') return value;
/******/ 		}
/******/ 		var ns = Object.create(null);
/******/ 		__nccwpck_require__.r(ns);
/******/ 		var def = {};
/******/ 		leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
/******/ 		for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
/******/ 			Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
/******/ 		}
/******/ 		def['default'] = () => (value);
/******/ 		__nccwpck_require__.d(ns, def);
/******/ 		return ns;
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/ensure chunk */
/******/ (() => {
/******/ 	__nccwpck_require__.f = {};
/******/ 	// This file contains only the entry chunk.
/******/ 	// The chunk loading function for additional chunks
/******/ 	__nccwpck_require__.e = (chunkId) => {
/******/ 		return Promise.all(Object.keys(__nccwpck_require__.f).reduce((promises, key) => {
/******/ 			__nccwpck_require__.f[key](chunkId, promises);
/******/ 			return promises;
/******/ 		}, []));
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/get javascript chunk filename */
/******/ (() => {
/******/ 	// This function allow to reference async chunks
/******/ 	__nccwpck_require__.u = (chunkId) => {
/******/ 		// return url for filenames based on template
/******/ 		return "" + chunkId + ".index.js";
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/******/ /* webpack/runtime/make namespace object */
/******/ (() => {
/******/ 	// define __esModule on exports
/******/ 	__nccwpck_require__.r = (exports) => {
/******/ 		if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 			Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 		}
/******/ 		Object.defineProperty(exports, '__esModule', { value: true });
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/import chunk loading */
/******/ (() => {
/******/ 	// no baseURI
/******/ 	
/******/ 	// object to store loaded and loading chunks
/******/ 	// undefined = chunk not loaded, null = chunk preloaded/prefetched
/******/ 	// [resolve, Promise] = chunk loading, 0 = chunk loaded
/******/ 	var installedChunks = {
/******/ 		792: 0
/******/ 	};
/******/ 	
/******/ 	var installChunk = (data) => {
/******/ 		var {ids, modules, runtime} = data;
/******/ 		// add "modules" to the modules object,
/******/ 		// then flag all "ids" as loaded and fire callback
/******/ 		var moduleId, chunkId, i = 0;
/******/ 		for(moduleId in modules) {
/******/ 			if(__nccwpck_require__.o(modules, moduleId)) {
/******/ 				__nccwpck_require__.m[moduleId] = modules[moduleId];
/******/ 			}
/******/ 		}
/******/ 		if(runtime) runtime(__nccwpck_require__);
/******/ 		for(;i < ids.length; i++) {
/******/ 			chunkId = ids[i];
/******/ 			if(__nccwpck_require__.o(installedChunks, chunkId) && installedChunks[chunkId]) {
/******/ 				installedChunks[chunkId][0]();
/******/ 			}
/******/ 			installedChunks[ids[i]] = 0;
/******/ 		}
/******/ 	
/******/ 	}
/******/ 	
/******/ 	__nccwpck_require__.f.j = (chunkId, promises) => {
/******/ 			// import() chunk loading for javascript
/******/ 			var installedChunkData = __nccwpck_require__.o(installedChunks, chunkId) ? installedChunks[chunkId] : undefined;
/******/ 			if(installedChunkData !== 0) { // 0 means "already installed".
/******/ 	
/******/ 				// a Promise means "currently loading".
/******/ 				if(installedChunkData) {
/******/ 					promises.push(installedChunkData[1]);
/******/ 				} else {
/******/ 					if(true) { // all chunks have JS
/******/ 						// setup Promise in chunk cache
/******/ 						var promise = import("./" + __nccwpck_require__.u(chunkId)).then(installChunk, (e) => {
/******/ 							if(installedChunks[chunkId] !== 0) installedChunks[chunkId] = undefined;
/******/ 							throw e;
/******/ 						});
/******/ 						var promise = Promise.race([promise, new Promise((resolve) => (installedChunkData = installedChunks[chunkId] = [resolve]))])
/******/ 						promises.push(installedChunkData[1] = promise);
/******/ 					}
/******/ 				}
/******/ 			}
/******/ 	};
/******/ 	
/******/ 	// no prefetching
/******/ 	
/******/ 	// no preloaded
/******/ 	
/******/ 	// no external install chunk
/******/ 	
/******/ 	// no on chunks loaded
/******/ })();
/******/ 
/************************************************************************/
/******/ 
/******/ // startup
/******/ // Load entry module and return exports
/******/ // This entry module used 'module' so it can't be inlined
/******/ var __webpack_exports__ = __nccwpck_require__(1883);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 
