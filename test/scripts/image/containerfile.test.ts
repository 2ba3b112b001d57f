import t from 'tap'
import { parseContainerfile } from '../../../scripts/image/containerfile.ts'

t.test('a Containerfile is read stage by stage', async (t) => {
  const stages = parseContainerfile(`
# The packages
FROM registry.example/node:24.1.0-slim AS packages
WORKDIR /app
COPY package.json *.ts ./
RUN npm ci && \\
  # in between
  mkdir empty
FROM registry.example/node:24.1.0-slim
ENV NODE_ENV=production HOST=0.0.0.0
COPY --from=packages --chown=node:node /app/empty .data
USER node
EXPOSE 7000
HEALTHCHECK --interval=10s --timeout=3s \\
  CMD ["node", "-e", "1 # 2"]
CMD ["node", "server.ts"]
`)
  t.strictSame(stages, [
    {
      image: 'registry.example/node:24.1.0-slim',
      name: 'packages',
      steps: [
        { kind: 'WORKDIR', path: '/app' },
        { kind: 'COPY', sources: ['package.json', '*.ts'], target: './' },
        { kind: 'RUN', command: ['/bin/sh', '-c', 'npm ci && mkdir empty'] }
      ]
    },
    {
      image: 'registry.example/node:24.1.0-slim',
      steps: [
        { kind: 'ENV', values: { NODE_ENV: 'production', HOST: '0.0.0.0' } },
        { kind: 'COPY', sources: ['/app/empty'], target: '.data', from: 'packages', chown: 'node:node' },
        { kind: 'USER', user: 'node' },
        { kind: 'EXPOSE', ports: ['7000'] },
        { kind: 'HEALTHCHECK', options: { interval: '10s', timeout: '3s' }, command: ['node', '-e', '1 # 2'] },
        { kind: 'CMD', command: ['node', 'server.ts'] }
      ]
    }
  ])
})

t.test('what is not understood is an error, never passed over', async (t) => {
  for (const [text, message] of [
    ['', /there is no FROM/],
    ['WORKDIR /app', /before the first FROM/],
    ['FROM a\nADD b c', /unknown instruction: ADD b c/],
    ['FROM a\ncopy b c', /unknown instruction/],
    ['FROM --platform=arm64 a', /not understood: FROM/],
    ['FROM a AS b\nFROM b', /a stage on a stage/],
    ['FROM a\nCOPY --link b c', /unknown option --link/],
    ['FROM a\nCOPY --chmod=7 b c', /unknown option --chmod/],
    ['FROM a\nCOPY --from=b c d', /no stage before is called b/],
    ['FROM a\nCOPY b', /has no target/],
    ['FROM a\nENV A B', /not understood: ENV/],
    ['FROM a\nENV A="b c"', /not understood: ENV/],
    ['FROM a\nHEALTHCHECK NONE', /not followed by CMD/],
    ['FROM a\nCMD [1]', /no list of words/]
  ] as const) t.throws(() => parseContainerfile(text), { message }, text)
})
