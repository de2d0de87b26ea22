// A certified OpenID provider for the tests of OIDC Auth: client credentials give access tokens as JWTs, signed as the
// resource says. Prints its URL; ends when its standard input does.
//
// - POST /token as every client does: client `ci`, secret `secret`, resource `urn:vouchsafe:ALGORITHM`
// - POST /rotate: from now on new keys sign; the old ones are still published
// - POST /forget: the old keys are published no more

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const ALGORITHMS = { RS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}] };

function key(alg) {
  const [kind, options] = ALGORITHMS[alg];
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: randomUUID() };
}

const fresh = () => Object.keys(ALGORITHMS).map(key);

function provider(issuer, keys) {
  return new Provider(issuer, {
    clients: [{ client_id: 'ci', client_secret: 'secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
    jwks: { keys },
    extraTokenClaims: () => ({ team: 'red', nested: { ref: 'refs/heads/main' } }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, resource) => ({
          audience: 'vouchsafe',
          scope: '',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: resource.split(':').pop() } },
        }),
      },
    },
  });
}

const port = Number(process.argv[2] ?? 0);
let current = fresh();
let handler;
const server = createServer((request, response) => {
  if (request.method === 'POST' && ['/rotate', '/forget'].includes(request.url)) {
    const old = request.url === '/rotate' ? current : [];
    current = request.url === '/rotate' ? fresh() : current;
    handler = provider(issuer, [...current, ...old]).callback();
    response.end('done');
    return;
  }
  handler(request, response);
});
let issuer;
server.listen(port, '127.0.0.1', () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  handler = provider(issuer, current).callback();
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
