/**
 * The names and key words of a statement, as PostgreSQL's lexer finds them (src/backend/parser/scan.l,
 * standard_conforming_strings on): what stands in texts and comments is none. A quoted name comes without its quotes;
 * `U&"…"`, which writes a name in escapes, as `U&"`.
 */
export function wordsOf (text: string): string[] {
  const words: string[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at, at + 2)
    if (rest === '--') at = endOfLine(text, at)
    else if (rest === '/*') at = endOfComment(text, at)
    else if (rest[0] === "'") at = endOfQuotes(text, at, "'")
    else if (/^e'/i.test(rest)) at = endOfEscapes(text, at + 1)
    else if (/^u&/i.test(rest) && text[at + 2] === '"') {
      words.push('U&"')
      at = endOfQuotes(text, at + 2, '"')
    } else if (rest[0] === '"') {
      const end = endOfQuotes(text, at, '"')
      words.push(text.slice(at + 1, end - 1).replaceAll('""', '"'))
      at = end
    } else {
      const [found = text[at]!] = take(WORD, text, at) ?? take(DOLLAR, text, at) ?? []
      if (!found.startsWith('$') || found === '$') {
        if (found.length > 1 || take(WORD, text, at)) words.push(found)
        at += found.length
      } else {
        const end = text.indexOf(found, at + found.length)
        at = end < 0 ? text.length : end + found.length
      }
    }
  }
  return words
}

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y

function take (pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function endOfLine (text: string, at: number): number {
  const end = /[\n\r]/g
  end.lastIndex = at
  return end.exec(text)?.index ?? text.length
}

/** Comments of this kind stand in each other. */
function endOfComment (text: string, at: number): number {
  const mark = /\/\*|\*\//g
  mark.lastIndex = at
  let depth = 0
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return text.length
}

/**
 * A doubled quote looks like the end and the beginning of another one, which makes no difference for a text; for a name
 * it does.
 */
function endOfQuotes (text: string, at: number, quote: string): number {
  for (let end = text.indexOf(quote, at + 1); end >= 0; end = text.indexOf(quote, end + 2)) {
    if (text[end + 1] !== quote) return end + 1
  }
  return text.length
}

/** E'…' with its backslashes, and what continues it after a line break. */
function endOfEscapes (text: string, at: number): number {
  let end = at + 1
  for (; end < text.length; end++) {
    if (text[end] === '\\') end++
    else if (text[end] === "'" && text[end + 1] === "'") end++
    else if (text[end] === "'") {
      const next = continuation(text, end + 1)
      if (next === undefined) return end + 1
      end = next
    }
  }
  return text.length
}

/** Where the next quote stands, if only blanks and line comments lie between, and a line break. */
function continuation (text: string, from: number): number | undefined {
  let at = from
  let hasBreak = false
  for (; at < text.length; at++) {
    if (text[at] === '\n' || text[at] === '\r') hasBreak = true
    else if (text.startsWith('--', at)) at = endOfLine(text, at) - 1
    else if (!/[ \t\f\v]/.test(text[at]!)) break
  }
  return hasBreak && text[at] === "'" ? at : undefined
}
