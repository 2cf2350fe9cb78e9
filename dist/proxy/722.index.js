export const id = 722;
export const ids = [722];
export const modules = {

/***/ 9722:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   compileJsonExpression: () => (/* binding */ compileJsonExpression)
/* harmony export */ });
/* harmony import */ var _jmespath_community_jmespath__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4022);
/* harmony import */ var _guard_quote_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6777);
/* harmony import */ var _failures_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4042);
/* harmony import */ var _guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6530);




/**
 * Compiles an expression, and asks of each function in it whether it exists and takes that many arguments, which the library
 * finds out only when it calls it.
 *
 * @throws {Failure} INPUT_INVALID
 */
function compileJsonExpression(text) {
    try {
        if (hasOpenQuote(text))
            throw new Error('a quote is not closed');
        const compiled = (0,_jmespath_community_jmespath__WEBPACK_IMPORTED_MODULE_0__/* .compile */ .wE)(text);
        // The library takes a single = for the binding of a "let".
        if (compiled.type === 'Binding')
            throw new Error('a comparison is written ==');
        for (const { name, children } of callsIn(compiled))
            checkCall(name, children.length);
        return { text, evaluate: (json) => evaluate(compiled, json) };
    }
    catch (error) {
        const reason = error instanceof Error ? (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)(error.message, 120) : 'unknown';
        throw (0,_failures_js__WEBPACK_IMPORTED_MODULE_1__/* .inputInvalid */ .m7)('expect_json', `${(0,_guard_quote_js__WEBPACK_IMPORTED_MODULE_3__/* .quoteValue */ .c)(text)} is not a JMESPath expression (${reason})`, "Write it as status == 'ok'.", ['expect_json: |', "  status == 'ok'"]);
    }
}
function evaluate(expression, data) {
    try {
        const value = _jmespath_community_jmespath__WEBPACK_IMPORTED_MODULE_0__/* .TreeInterpreter */ .Z2.search(expression, data);
        return { met: value === true, actual: value === true ? 'true' : describeMiss(expression, data) };
    }
    catch (error) {
        // Mostly a function that was given a value of another type than it takes.
        return { met: false, actual: error instanceof Error ? (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)(error.message) : 'it cannot be evaluated' };
    }
}
function describeMiss(expression, data) {
    if (expression.type === 'AndExpression') {
        const side = _jmespath_community_jmespath__WEBPACK_IMPORTED_MODULE_0__/* .TreeInterpreter */ .Z2.search(expression.left, data) === true ? expression.right : expression.left;
        return describeMiss(side, data);
    }
    const subject = subjectOf(expression);
    const value = show(_jmespath_community_jmespath__WEBPACK_IMPORTED_MODULE_0__/* .TreeInterpreter */ .Z2.search(subject ?? expression, data));
    return subject?.type === 'Field' ? `${(0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)(subject.name, 60)} is ${value}` : value;
}
/** What a comparison or a call is about: its left side, its first argument. */
function subjectOf(expression) {
    if (expression.type === 'Comparator')
        return expression.left;
    return expression.type === 'Function' ? expression.children[0] : undefined;
}
function show(value) {
    return (0,_guard_safe_text_js__WEBPACK_IMPORTED_MODULE_2__/* .safeText */ .Hk)(JSON.stringify(value), 200);
}
/** Raw strings, quoted names and literals: https://jmespath.org/specification.html#grammar */
function hasOpenQuote(text) {
    return /['"`]/.test(text.replaceAll(/\\./g, '').replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, ''));
}
function callsIn(node) {
    if (typeof node !== 'object' || node === null)
        return [];
    const inside = Object.values(node).flatMap(callsIn);
    return 'type' in node && node.type === 'Function'
        ? [node, ...inside]
        : inside;
}
function checkCall(name, count) {
    try {
        (0,_jmespath_community_jmespath__WEBPACK_IMPORTED_MODULE_0__/* .search */ .$P)(null, `${name}(${Array(count).fill('@').join(', ')})`);
    }
    catch (error) {
        // A wrong type is no mistake of the author's: these arguments are not.
        if (error instanceof Error && /unknown function|arity/i.test(error.message))
            throw error;
    }
}


/***/ })

};
