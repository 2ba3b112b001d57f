import { request } from 'node:http'
import t from 'tap'
import { all } from '../checks.ts'
import { isPublic, literalOf, publicLookup } from '../../common/public-addresses.ts'

t.test('addresses of the internet, and all others', async (t) => {
  all(t, ['8.8.8.8', '93.184.215.14', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'], isPublic, 'public')
  all(t, [
    '127.0.0.1', '127.1.2.3', '0.0.0.0', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1',
    '100.100.100.200', '169.254.169.254', '168.63.129.16', '192.0.0.192', '198.18.0.1', '224.0.0.1',
    '255.255.255.255', '240.0.0.1', '::', '::1', 'fe80::1', 'fec0::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1',
    '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::127.0.0.1', '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1', '2002:7f00:1::', '2001::1', '2001:db8::1', '100::1', '::ffff:0:127.0.0.1'
  ], (address) => !isPublic(address), 'not public')
})

t.test('addresses however they are written: the URL parser knows them all', async (t) => {
  all(t, [
    'http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/',
    'http://[::1]/', 'http://[::ffff:127.0.0.1]/', 'http://[0:0:0:0:0:ffff:7f00:1]/', 'http://１２７.0.0.1/'
  ], (url) => !isPublic(literalOf(new URL(url).hostname)!), 'this machine')
  t.equal(literalOf('shop.example'), undefined)
})

/** Sends a request by a name that means these addresses, one after the other, and says why it failed. */
async function reasonFor (...addresses: string[][]): Promise<string> {
  const lookup = publicLookup(async () => addresses.shift() ?? [])
  return await new Promise((resolve) => {
    const tried = request({ host: 'shop.example', port: 9, lookup, timeout: 50 }, () => resolve('a response'))
    tried.on('timeout', () => tried.destroy(new Error('tried'))).on('error', (error) => resolve(error.message)).end()
  })
}

t.test('what is checked is what is connected to', async (t) => {
  const refused = /shop\.example is not an address of the internet/
  t.match(await reasonFor(['127.0.0.1']), refused)
  t.match(await reasonFor(['::1']), refused)
  t.match(await reasonFor(['8.8.8.8', '10.0.0.1']), refused, 'one of them is enough')
  t.match(await reasonFor(['169.254.169.254'], ['8.8.8.8']), refused)
  // A name that has changed since: there is one look only, and it is the one that counts.
  t.notMatch(await reasonFor(['192.0.2.1'].map(() => '8.8.8.8'), ['127.0.0.1']), refused)
})
