// A real identity provider for the tests: oidc-provider on 127.0.0.1. Prints its issuer as one line of JSON.
//
// Its sign-in is the one that comes with it for development: whoever gives a name is that account. Which groups an
// account is in stands in `groups`, which POST /groups replaces, as an administrator would.
import { createServer } from 'node:http';
import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import Provider from 'oidc-provider';

const RESOURCE = 'https://ai.example.com';
const groups = { alice: ['engineers'], bob: [] };

function key(type, options, kid, alg) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

const server = createServer();
await new Promise((listening) => { server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', listening); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const keys = [
  key('ec', { namedCurve: 'P-256' }, `ec-${Date.now()}`, 'ES256'),
  key('rsa', { modulusLength: 2048 }, `rsa-${Date.now()}`, 'RS256'),
];
const provider = new Provider(issuer, {
  jwks: { keys },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub', 'sid'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  // what Keycloak puts there as well: groups, and which session the token is of
  extraTokenClaims: (_, token) => ({
    groups: groups[token.accountId] ?? [],
    ...(token.sid ? { sid: token.sid } : {}),
  }),
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    registration: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'openid', audience: RESOURCE, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg: process.argv[3] ?? 'ES256' } },
      }),
    },
  },
  // it tells our gateway, which is on loopback, where its guard against strangers' addresses lets it go nowhere
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  ttl: { Session: 3600, Grant: 3600, Interaction: 600, IdToken: 600 },
});
const callback = provider.callback();

// oidc-provider transmits no shared signals; what it would send is signed here with its own key
function securityEvent({ event, sub, aud }) {
  const header = { typ: 'secevent+jwt', alg: 'ES256', kid: keys[0].kid };
  const claims = {
    iss: issuer, aud, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), sub_id: { format: 'iss_sub', iss: issuer, sub }, events: { [event]: {} },
  };
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const key = createPrivateKey({ key: keys[0], format: 'jwk' });
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

server.on('request', async (request, response) => {
  if (request.url !== '/groups' && request.url !== '/event') {
    callback(request, response);
    return;
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  const said = JSON.parse(Buffer.concat(parts));
  if (request.url === '/event') {
    response.end(securityEvent(said));
    return;
  }
  Object.assign(groups, said);
  response.end();
});
for (const event of ['backchannel.error', 'server_error', 'grant.error', 'authorization.error']) {
  provider.on(event, (...said) => console.error(event, ...said.filter((each) => each instanceof Error)));
}
console.log(JSON.stringify({ issuer }));
