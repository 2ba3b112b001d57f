import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A way to a database that can be blocked: a TCP proxy on this machine. */
export interface Way {
  /** The database's URL by this way. */
  url: string
  /** How many connections there are. */
  open (): number
  /** Bytes that the database has sent and that were handed on. */
  relayed (): number
  /**
   * From now on nothing of what the present connections send arrives, on either side, while they stay open and the
   * proxy takes what it is sent: what a firewall that forgot them, or a broken proxy, does. New ones work, unless those
   * are to be frozen, too.
   */
  freeze (newOnes?: boolean): void
  /** From now on a connection freezes where the database sends this text: what stands before it still arrives. */
  freezeAt (text: string): void
  /** New connections work again, and none freezes by itself; frozen ones stay so. */
  thaw (): void
  /** Ends all connections and refuses new ones. */
  close (): Promise<void>
  /** Listens again, on the same port. */
  reopen (): Promise<void>
}

interface Pair { near: Socket, far: Socket, isFrozen: boolean }

/** Opens a way to the database of `url`. */
export async function openWay (url: string): Promise<Way> {
  const there = new URL(url)
  const pairs = new Set<Pair>()
  let isFreezingNew = false
  let freezesAt: string | undefined
  let relayed = 0

  const handle = (near: Socket) => {
    const pair: Pair = { near, far: connect(Number(there.port || 5432), there.hostname), isFrozen: isFreezingNew }
    pairs.add(pair)
    for (const [end, other] of [[near, pair.far], [pair.far, near]] as const) {
      end.setNoDelay(true)
      // What a frozen one sends is taken and forgotten.
      end.on('data', (chunk) => {
        if (pair.isFrozen) return
        const cut = end === pair.far && freezesAt !== undefined ? chunk.indexOf(freezesAt) : -1
        pair.isFrozen = cut >= 0
        if (end === pair.far) relayed += chunk.length
        other.write(cut >= 0 ? chunk.subarray(0, cut) : chunk)
      })
      end.on('error', () => {}).on('close', () => {
        pairs.delete(pair)
        if (!pair.isFrozen || end === near) other.destroy()
      })
    }
  }

  let server: Server
  const listen = async (port: number) => {
    server = createServer(handle)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  }
  await listen(0)
  const { port } = server!.address() as AddressInfo
  const through = new URL(url)
  through.host = `127.0.0.1:${port}`
  return {
    url: through.href,
    open: () => pairs.size,
    relayed: () => relayed,
    freeze: (newOnes = false) => {
      isFreezingNew = newOnes
      for (const pair of pairs) pair.isFrozen = true
    },
    freezeAt: (text) => { freezesAt = text },
    thaw: () => {
      isFreezingNew = false
      freezesAt = undefined
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const { near, far } of pairs) {
        near.destroy()
        far.destroy()
      }
      await closed
    },
    reopen: async () => await listen(port)
  }
}
