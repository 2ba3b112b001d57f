import t from 'tap'
import { cut, reasonOf, shorten } from '../../common/text.ts'

t.test('a text is cut by code points, and never inside of one', async (t) => {
  for (let before = 0; before < 4; before++) {
    const text = `${'a'.repeat(before)}${'😀'.repeat(10)}`
    for (let length = 0; length < 16; length++) {
      const short = cut(text, length)
      t.equal(short, Array.from(text).slice(0, length).join(''), `${before} letters, cut at ${length}`)
      t.ok(short.isWellFormed())
    }
  }
  t.equal(cut('a\ud83d', 5), 'a\ufffd', 'half a pair of others, too')
  t.equal(shorten('😀😀😀', 3), '😀😀😀', 'three characters are no more than three')
  t.equal(shorten('😀😀😀', 2, ' …'), '😀😀 …')
  t.equal(reasonOf('550\0no\r\n\tway'), '550 no way')
})
