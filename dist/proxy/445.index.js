export const id = 445;
export const ids = [445];
export const modules = {

/***/ 445:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  compileJsonExpression: () => (/* binding */ compileJsonExpression)
});

// EXTERNAL MODULE: ./node_modules/@jmespath-community/jmespath/dist/index.mjs
var dist = __webpack_require__(4022);
// EXTERNAL MODULE: ./src/guard/json.ts
var guard_json = __webpack_require__(887);
// EXTERNAL MODULE: ./src/guard/safe-text.ts
var safe_text = __webpack_require__(6530);
;// CONCATENATED MODULE: ./src/inputs/json-evaluation.ts



/**
 * Evaluates an expression of `expect_json`, which is met by exactly `true`. `actual` is the value, or for a comparison the
 * value on its left side.
 *
 * @param json of `parseExactJson`
 */
function evaluate(expression, json) {
    try {
        const value = search(expression, json);
        return { met: value === true, actual: value === true ? 'true' : describeMiss(expression, json) };
    }
    catch (error) {
        // Too deep a value, which is the caller's business.
        if (error instanceof RangeError)
            throw error;
        // Mostly a function that was given a value of another type than it takes.
        const reason = error instanceof Error ? (0,safe_text/* safeText */.Hk)(error.message).replace(/\.$/, '') : 'it cannot be evaluated';
        return { met: false, actual: reason };
    }
}
function describeMiss(expression, json) {
    if (expression.type === 'AndExpression') {
        const side = search(expression.left, json) === true ? expression.right : expression.left;
        return describeMiss(side, json);
    }
    const subject = subjectOf(expression);
    const value = (0,safe_text/* safeText */.Hk)((0,guard_json/* writeExactJson */.DN)(search(subject ?? expression, json)), 200);
    return subject?.type === 'Field' ? `${(0,safe_text/* safeText */.Hk)(subject.name, 60)} is ${value}` : value;
}
/** What a comparison or a call is about: its left side, its first argument. */
function subjectOf(expression) {
    if (expression.type === 'Comparator')
        return expression.left;
    return expression.type === 'Function' ? expression.children[0] : undefined;
}
function search(expression, json) {
    return interpreter.search(expression, json);
}
/** The library offers an instance, and not its class. */
const Interpreter = dist/* TreeInterpreter */.Z2.constructor;
/**
 * The library's interpreter, but for what would let an expectation pass that it should not: names that are not in the body,
 * members that every object inherits, and integers that a double cannot hold, which are bigints here.
 */
class ExactInterpreter extends Interpreter {
    visit(node, value) {
        if (node.type === 'Field')
            return hasMember(value, node.name) ? (value[node.name] ?? null) : null;
        if (node.type === 'Function')
            return this.call(node.name, node.children, value);
        if (node.type === 'Comparator') {
            this.requireNames(node, value);
            return compare(node.name, this.visit(node.left, value), this.visit(node.right, value));
        }
        if (node.type === 'OrExpression')
            return this.either(node, node.right, value);
        // Where a side of > or < is no number, the comparison is null, which "not" would turn into true.
        if (node.type === 'NotExpression' && isOrder(node.child) && this.visit(node.child, value) === null)
            throw new Error('what is compared is no number');
        if (node.type === 'Arithmetic')
            for (const side of [node.left, node.right])
                this.requireShort(side, value);
        if (node.type === 'Unary')
            this.requireShort(node.operand, value);
        return super.visit(node, value);
    }
    withScope(scope) {
        return Object.setPrototypeOf(super.withScope(scope), ExactInterpreter.prototype);
    }
    /** A side that says nothing leaves the other one to decide. */
    either(node, right, value) {
        try {
            return super.visit(node, value);
        }
        catch (error) {
            if (error instanceof RangeError || this.visit(right, value) !== true)
                throw error;
            return true;
        }
    }
    /** null equals null, and differs from everything else: with a name that is missing, a comparison says nothing. */
    requireNames({ left, right }, value) {
        if (isConstant(left) || isConstant(right))
            return;
        this.requireName(left, value);
        this.requireName(right, value);
    }
    requireName(node, value) {
        const missing = isConstant(node) ? undefined : this.missingName(node, value);
        if (missing === undefined)
            return;
        const meant = missing === 'true' || missing === 'false'
            ? `the value is written \`${missing}\``
            : `a text is written '${missing}'`;
        throw new Error(`no member ${missing}${node?.type === 'Field' ? `; ${meant}` : ''}`);
    }
    requireShort(node, value) {
        refuseLongIntegers('arithmetic', this.visit(node, value));
    }
    /** The part of a path that the value has not; undefined for everything that is no path, and where all is there. */
    missingName(node, value) {
        if (node === undefined)
            return undefined;
        if (node.type === 'Field')
            return hasMember(value, node.name) ? undefined : node.name;
        if (node.type === 'Index')
            return this.visit(node, value) === null ? `[${node.value}]` : undefined;
        if (node.type === 'Projection')
            return this.missingInEach(node.left, node.right, value);
        if (node.type === 'ValueProjection' || node.type === 'FilterProjection')
            return this.missingName(node.left, value);
        if (node.type === 'Subexpression' || node.type === 'IndexExpression' || node.type === 'Pipe')
            return this.missingName(node.left, value) ?? this.missingName(node.right, this.visit(node.left, value));
        return this.missingInAll(partsOf(node), value);
    }
    /** The first missing part of expressions that have nothing else to go by. */
    missingInAll(parts, value) {
        const names = parts.map((part) => this.missingName(part, value));
        return names.every((name) => name !== undefined) ? names[0] : undefined;
    }
    /** The part of a path that no element of a list has; a projection leaves such elements out. */
    missingInEach(list, path, value) {
        const missing = this.missingName(list, value);
        const elements = missing === undefined ? this.visit(list, value) : null;
        if (!Array.isArray(elements))
            return missing;
        const names = elements.map((element) => this.missingName(path, element));
        return names.every((name) => name !== undefined) ? names[0] : undefined;
    }
    call(name, children, value) {
        const values = children.map((child) => this.visit(child, value));
        const [first, second] = values;
        if (name === 'contains') {
            this.requireName(children[1], value);
            if (Array.isArray(first))
                return first.some((element) => isEqual(element, second));
        }
        if (name === 'to_string' && typeof first !== 'string')
            return (0,guard_json/* writeExactJson */.DN)(first);
        if (name === 'to_number' && (typeof first === 'string' || typeof first === 'bigint'))
            return toNumber(`${first}`);
        if (name === 'type' && typeof first === 'bigint')
            return 'number';
        if (!UNTOUCHED.includes(name))
            for (const each of values)
                refuseLongIntegers(`${name}()`, each);
        return this.runtime.callFunction(name, values);
    }
}
const interpreter = new ExactInterpreter();
/** Functions that hand on what they are given, and never calculate with it. */
const UNTOUCHED = [
    'contains',
    'from_items',
    'items',
    'keys',
    'length',
    'map',
    'merge',
    'not_null',
    'reverse',
    'to_array',
    'values',
    'zip'
];
/** `null` is written for the value, though to JMESPath it is the name of a member that hardly any body has. */
function isConstant(node) {
    return node?.type === 'Literal' || (node?.type === 'Field' && node.name === 'null');
}
/** What makes up the value of a function, a list, an object, or of one thing or another. */
function partsOf(node) {
    if (node.type === 'Function' || node.type === 'MultiSelectList')
        return node.children;
    if (node.type === 'MultiSelectHash')
        return node.children.map((pair) => pair.value);
    return node.type === 'OrExpression' || node.type === 'AndExpression' ? [node.left, node.right] : [];
}
/** Whether an expression is one that says of numbers which is greater, or several with "and" or "or". */
function isOrder(node) {
    if (node.type === 'OrExpression' || node.type === 'AndExpression')
        return isOrder(node.left) || isOrder(node.right);
    return node.type === 'Comparator' && node.name !== 'EQ' && node.name !== 'NE';
}
function hasMember(value, name) {
    return (0,guard_json/* isObject */.Gv)(value) && Object.hasOwn(value, name);
}
function compare(operator, left, right) {
    if (operator === 'EQ')
        return isEqual(left, right);
    if (operator === 'NE')
        return !isEqual(left, right);
    refuseRounded(left);
    refuseRounded(right);
    if (!isNumber(left) || !isNumber(right))
        return null;
    if (operator === 'GT')
        return left > right;
    if (operator === 'GTE')
        return left >= right;
    return operator === 'LT' ? left < right : left <= right;
}
function isEqual(left, right) {
    refuseRounded(left);
    refuseRounded(right);
    if (left === right)
        return true;
    if (typeof left === 'bigint' && typeof right === 'number')
        return Number.isInteger(right) && left === BigInt(right);
    if (typeof left === 'number' && typeof right === 'bigint')
        return isEqual(right, left);
    if (Array.isArray(left) && Array.isArray(right))
        return left.length === right.length && left.every((element, index) => isEqual(element, right[index]));
    if (!(0,guard_json/* isObject */.Gv)(left) || !(0,guard_json/* isObject */.Gv)(right))
        return false;
    const names = Object.keys(left);
    return (names.length === Object.keys(right).length &&
        names.every((name) => Object.hasOwn(right, name) && isEqual(left[name], right[name])));
}
function isNumber(value) {
    return typeof value === 'number' || typeof value === 'bigint';
}
/** https://jmespath.org/specification.html#to-number: the library's own takes an empty text for zero, and rounds. */
function toNumber(text) {
    const value = (0,guard_json/* parseExactJson */.lQ)(text);
    return isNumber(value) ? value : null;
}
/** Two such numbers may be equal here, and not where they were written. */
function refuseRounded(value) {
    if ((0,guard_json/* isRounded */.EO)(value))
        throw new Error(`a number beyond 2^53 was rounded to ${value}: integers alone are compared there`);
}
function refuseLongIntegers(what, value) {
    const found = [value].flat().find((each) => typeof each === 'bigint' || (0,guard_json/* isRounded */.EO)(each));
    if (found === undefined)
        return;
    throw new Error(`${what} cannot calculate with ${String(found)}: integers beyond 2^53 can be compared, and nothing else`);
}

// EXTERNAL MODULE: ./src/inputs/failures.ts
var failures = __webpack_require__(4042);
;// CONCATENATED MODULE: ./src/inputs/json-expression.ts





/**
 * Compiles an expression, and checks that it can mean what it says, and of each function in it that it exists and takes that
 * many arguments, which the library finds out only when it calls it.
 *
 * @throws {Failure} INPUT_INVALID
 */
function compileJsonExpression(text) {
    const expression = parseChecked(text);
    const texts = nodesIn(expression).flatMap(operandsOf).filter(isTextInDoubleQuotes);
    const [first] = texts;
    if (first === undefined)
        return { text, evaluate: (json) => evaluate(expression, json) };
    const corrected = useSingleQuotes(text, texts);
    throw (0,failures/* inputInvalid */.m7)('expect_json', `in ${(0,safe_text/* quoteValue */.cl)(text)}, ${(0,safe_text/* quoteValue */.cl)(first.quoted.token)} is the name of a member; a text has single quotes`, `Write ${(0,safe_text/* safeText */.Hk)(corrected)}, or the name without quotes.`, ['expect_json: |', `  ${corrected}`]);
}
function parseChecked(text) {
    try {
        if (hasOpenQuote(text))
            throw new Error('a quote is not closed');
        const expression = parse(text);
        const nodes = nodesIn(expression);
        const bindings = new Set(nodes.flatMap(({ type, bindings }) => (type === 'LetExpression' ? bindings : [])));
        for (const node of nodes) {
            // The library takes a single = for the binding of a "let".
            if (node.type === 'Binding' && !bindings.has(node))
                throw new Error('a comparison is written ==');
            if (node.type === 'Slice' && node['step'] === 0)
                throw new Error('a step of 0 leads nowhere');
            if (node.type === 'Comparator')
                checkOrder(node);
            if (node.type === 'Function')
                checkCall(node);
        }
        return expression;
    }
    catch (error) {
        const reason = error instanceof Error ? (0,safe_text/* safeText */.Hk)(error.message, 120) : 'unknown';
        throw (0,failures/* inputInvalid */.m7)('expect_json', `${(0,safe_text/* quoteValue */.cl)(text)} is not a JMESPath expression (${reason})`, "Write expressions as status == 'ok'.", ['expect_json: |', "  status == 'ok'"]);
    }
}
/** Names in quotes, raw strings and literals: https://jmespath.org/specification.html#grammar */
const QUOTATION = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/gs;
/**
 * Parses an expression. Unlike the library's own tree, this one knows which names were in quotes, and holds the long integers
 * of literals exactly: both are taken out beforehand, and put where the library left their place.
 *
 * @throws {Error} where it does not compile
 */
function parse(text) {
    // An error is to be about the text as it was written.
    (0,dist/* compile */.wE)(text);
    let mark = '\uE000';
    while (text.includes(mark))
        mark += mark;
    const quotations = new Map();
    const marked = text.replaceAll(QUOTATION, (token, offset) => {
        if (token.startsWith("'"))
            return token;
        const place = `${mark}${quotations.size}`;
        quotations.set(place, { token, offset });
        return token.startsWith('"') ? `"${place}"` : `'${place}'`;
    });
    const expression = (0,dist/* compile */.wE)(marked);
    for (const node of nodesIn(expression)) {
        const name = quotations.get(String(node['name']));
        if (name !== undefined)
            Object.assign(node, { name: JSON.parse(name.token), quoted: name });
        const literal = node.type === 'Literal' ? quotations.get(String(node['value'])) : undefined;
        if (literal !== undefined)
            node['value'] = (0,guard_json/* parseExactJson */.lQ)(literal.token.slice(1, -1).replaceAll('\\`', '`'));
    }
    return expression;
}
function hasOpenQuote(text) {
    // Without an end it matches as well: a search that began anew behind each quote would take quadratic time.
    const last = [...text.matchAll(/(['"`])(?:\\(?:.|$)|(?!\1)[^\\])*(\1?)/gs)].at(-1);
    return last?.[2] === '';
}
function nodesIn(tree) {
    if (typeof tree !== 'object' || tree === null)
        return [];
    const isNode = 'type' in tree && typeof tree.type === 'string';
    // What a literal holds may look like a node.
    const inside = isNode && tree.type === 'Literal' ? [] : Object.values(tree).flatMap(nodesIn);
    return isNode ? [tree, ...inside] : inside;
}
/** What a comparison compares and a function is given, a list of either member by member. */
function operandsOf(node) {
    const operands = node.type === 'Comparator' ? [node['left'], node['right']] : [];
    const all = node.type === 'Function' ? node['children'] : operands;
    return all.flatMap((operand) => (operand.type === 'MultiSelectList' ? operand['children'] : [operand]));
}
/** A name that needs no quotes has none unless a text was meant. */
function isTextInDoubleQuotes(node) {
    return node.type === 'Field' && 'quoted' in node && /^[A-Za-z_]\w*$/.test(String(node['name']));
}
function useSingleQuotes(text, names) {
    let corrected = '';
    let end = 0;
    for (const { name, quoted } of names.toSorted((a, b) => a.quoted.offset - b.quoted.offset)) {
        corrected += `${text.slice(end, quoted.offset)}'${name}'`;
        end = quoted.offset + quoted.token.length;
    }
    return corrected + text.slice(end);
}
/** Numbers alone are ordered: https://jmespath.org/specification.html#ordering-operators */
function checkOrder({ name, left, right }) {
    const isNoNumber = (side) => isLiteral(side) && !['number', 'bigint'].includes(typeof side['value']);
    if (!['EQ', 'NE'].includes(String(name)) && [left, right].some(isNoNumber))
        throw new Error('numbers alone are greater or less than others');
}
/** Values of every type, for arguments of which nothing is known. */
const SAMPLES = [null, true, 1, 'x', {}, [], [1], ['x']];
/** A call is wrong where its function does not exist, or does not take that many arguments, or not one that is written out. */
function checkCall(node) {
    const name = String(node['name']);
    const written = node['children'];
    if (!(0,dist/* getRegisteredFunctions */.mA)().some((known) => known === name))
        throw new Error(`unknown function: ${name}()`);
    const children = written.map((child) => isLiteral(child)
        ? { ...child, value: withoutLongIntegers(child['value']) }
        : child.type === 'ExpressionReference'
            ? { ...child, child: { type: 'Identity' } }
            : { type: 'Identity' });
    for (const sample of SAMPLES) {
        try {
            dist/* TreeInterpreter */.Z2.search({ ...node, children }, sample);
        }
        catch (error) {
            const { message } = error;
            const [, place, isExpression] = /argument (\d+) to be type (\(expression\))?/.exec(message) ?? [];
            const argument = written[Number(place) - 1];
            const isKnown = isLiteral(argument) || argument?.type === 'ExpressionReference' || isExpression !== undefined;
            // The type of anything else is what the service answers.
            if (/arity/i.test(message) || (argument !== undefined && isKnown))
                throw error;
        }
    }
}
function isLiteral(node) {
    return node?.type === 'Literal';
}
/** The library knows no type for them. */
function withoutLongIntegers(value) {
    if (Array.isArray(value))
        return value.map(withoutLongIntegers);
    return typeof value === 'bigint' ? 1 : value;
}


/***/ })

};
