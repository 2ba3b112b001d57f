/** The first characters of a text. By code points: half an emoji is no text, and the database refuses it. */
export function firstCharacters (text: string, count: number): string {
  return text.length <= count ? text : Array.from(text.slice(0, 2 * count)).slice(0, count).join('')
}
