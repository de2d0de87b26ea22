// The official Node SDK, unchanged, against a Vouchsafe server. `cargo xtask test --only node` runs it.

import assert from "node:assert/strict";
import { InfisicalSDK } from "@infisical/sdk";

const env = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

const siteUrl = env("VOUCHSAFE_API_URL");
const clientId = env("VOUCHSAFE_CLIENT_ID");
const clientSecret = env("VOUCHSAFE_CLIENT_SECRET");
const projectId = env("VOUCHSAFE_PROJECT_ID");
const environment = "dev";
const at = (secretPath = "/") => ({ projectId, environment, secretPath });

let failed = 0;
const check = async (name, body) => {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${String(error?.message ?? error).replaceAll("\n", " ")}`);
  }
};

/** Asserts that a call is refused with this status. */
const refused = (status, call) =>
  assert.rejects(call, (error) => {
    assert.equal(error.name, "InfisicalSDKRequestError", `${error.name}: ${error.message}`);
    assert.match(error.message, new RegExp(`\\[StatusCode=${status}\\]`));
    return true;
  });

const anonymous = new InfisicalSDK({ siteUrl });
const admin = new InfisicalSDK({ siteUrl }).auth().accessToken(env("VOUCHSAFE_ADMIN_TOKEN"));
let client = anonymous;

await check("login with a wrong client secret is refused", () =>
  refused(401, () => new InfisicalSDK({ siteUrl }).auth().universalAuth.login({ clientId, clientSecret: "wrong" })),
);

await check("a call without a token is refused", () =>
  refused(401, () => new InfisicalSDK({ siteUrl }).secrets().listSecrets(at())),
);

await check("login", async () => {
  client = await new InfisicalSDK({ siteUrl }).auth().universalAuth.login({ clientId, clientSecret });
  assert.ok(client.auth().getAccessToken());
});

await check("renew", async () => {
  client = await client.auth().universalAuth.renew();
  assert.ok(client.auth().getAccessToken());
  await client.secrets().listSecrets(at());
});

await check("login by AWS IAM", async () => {
  const identityId = env("VOUCHSAFE_IDENTITY_ID");
  const login = () => new InfisicalSDK({ siteUrl }).auth().awsIamAuth.login({ identityId });
  const aws = await login();
  await aws.secrets().listSecrets(at());
  const renewed = await aws.auth().awsIamAuth.renew();
  await renewed.secrets().listSecrets(at());
  const secret = env("AWS_SECRET_ACCESS_KEY");
  try {
    process.env.AWS_SECRET_ACCESS_KEY = "w".repeat(secret.length);
    await refused(401, login);
  } finally {
    process.env.AWS_SECRET_ACCESS_KEY = secret;
  }
});

await check("create a secret", async () => {
  const { secret } = await client.secrets().createSecret("NODE_ONE", {
    ...at(),
    secretValue: "one",
    secretComment: "first",
    type: "shared",
  });
  assert.equal(secret.secretKey, "NODE_ONE");
  assert.equal(secret.secretValue, "one");
  assert.equal(secret.secretComment, "first");
  assert.equal(secret.version, 1);
});

await check("creating a secret twice is refused", () =>
  refused(400, () => client.secrets().createSecret("NODE_ONE", { ...at(), secretValue: "again" })),
);

await check("read a secret", async () => {
  const secret = await client.secrets().getSecret({ ...at(), secretName: "NODE_ONE" });
  assert.equal(secret.secretValue, "one");
  assert.equal(secret.type, "shared");
  assert.equal(secret.environment, environment);
  assert.equal(secret.secretPath, "/");
});

await check("a value is hidden on request", async () => {
  const secret = await client.secrets().getSecret({ ...at(), secretName: "NODE_ONE", viewSecretValue: false });
  assert.equal(secret.secretValueHidden, true);
  assert.notEqual(secret.secretValue, "one");
});

await check("reading a missing secret is refused", () =>
  refused(404, () => client.secrets().getSecret({ ...at(), secretName: "NODE_NONE" })),
);

await check("update a secret", async () => {
  const { secret } = await client.secrets().updateSecret("NODE_ONE", { ...at(), secretValue: "two" });
  assert.equal(secret.secretValue, "two");
  const read = await client.secrets().getSecret({ ...at(), secretName: "NODE_ONE" });
  assert.equal(read.secretValue, "two");
  assert.equal(read.version, 2);
});

await check("read an earlier version", async () => {
  const secret = await client.secrets().getSecret({ ...at(), secretName: "NODE_ONE", version: 1 });
  assert.equal(secret.secretValue, "one");
});

await check("rename a secret", async () => {
  await client.secrets().updateSecret("NODE_ONE", { ...at(), newSecretName: "NODE_TWO" });
  const read = await client.secrets().getSecret({ ...at(), secretName: "NODE_TWO" });
  assert.equal(read.secretValue, "two");
  await refused(404, () => client.secrets().getSecret({ ...at(), secretName: "NODE_ONE" }));
});

await check("updating a missing secret is refused", () =>
  refused(404, () => client.secrets().updateSecret("NODE_NONE", { ...at(), secretValue: "x" })),
);

await check("a value comes back as it went in", async () => {
  const secretValue = 'ünï "quoted" \\ line\nbreak\tand 🔑 $ {x}';
  await client.secrets().createSecret("NODE_UNICODE", { ...at(), secretValue });
  const read = await client.secrets().getSecret({ ...at(), secretName: "NODE_UNICODE" });
  assert.equal(read.secretValue, secretValue);
});

await check("references are expanded", async () => {
  await client.secrets().createSecret("NODE_REFERENCE", { ...at(), secretValue: "<${NODE_TWO}>" });
  const expanded = await client.secrets().getSecret({ ...at(), secretName: "NODE_REFERENCE" });
  assert.equal(expanded.secretValue, "<two>");
  const raw = await client
    .secrets()
    .getSecret({ ...at(), secretName: "NODE_REFERENCE", expandSecretReferences: false });
  assert.equal(raw.secretValue, "<${NODE_TWO}>");
});

await check("list secrets", async () => {
  const { secrets } = await client.secrets().listSecrets(at());
  const values = new Map(secrets.map((secret) => [secret.secretKey, secret.secretValue]));
  assert.equal(values.get("NODE_TWO"), "two");
  assert.equal(values.get("NODE_REFERENCE"), "<two>");
  assert.ok(!values.has("FROM_LIBRARY"));
});

await check("create folders", async () => {
  const folder = await client.folders().create({ projectId, environment, path: "/", name: "outer" });
  assert.equal(folder.name, "outer");
  assert.ok(folder.id);
  await client.folders().create({ projectId, environment, path: "/outer", name: "inner", description: "within" });
});

await check("list folders", async () => {
  const names = (folders) => folders.map((folder) => folder.name).sort();
  const top = await client.folders().listFolders({ projectId, environment, path: "/" });
  assert.deepEqual(names(top), ["app", "library", "outer"]);
  const inner = await client.folders().listFolders({ projectId, environment, path: "/outer" });
  assert.deepEqual(names(inner), ["inner"]);
  const all = await client.folders().listFolders({ projectId, environment, path: "/", recursive: true });
  assert.ok(names(all).includes("inner"));
});

await check("list secrets recursively", async () => {
  await client.secrets().createSecret("NODE_INNER", { ...at("/outer/inner"), secretValue: "deep" });
  const flat = await client.secrets().listSecrets(at());
  assert.ok(!flat.secrets.some((secret) => secret.secretKey === "NODE_INNER"));
  const { secrets } = await client.secrets().listSecrets({ ...at(), recursive: true });
  const inner = secrets.find((secret) => secret.secretKey === "NODE_INNER");
  assert.equal(inner?.secretValue, "deep");
  assert.equal(inner.secretPath, "/outer/inner");
});

await check("a secret in a missing folder is refused", () =>
  refused(404, () => client.secrets().createSecret("NODE_LOST", { ...at("/nowhere"), secretValue: "x" })),
);

await check("list secrets with imports", async () => {
  const { imports } = await client.secrets().listSecrets({ ...at("/app"), includeImports: true });
  assert.equal(imports.length, 1);
  assert.equal(imports[0].secretPath, "/library");
  assert.equal(imports[0].secrets[0].secretKey, "FROM_LIBRARY");
  assert.equal(imports[0].secrets[0].secretValue, "shelf");
  const merged = await client.secrets().listSecretsWithImports(at("/app"));
  assert.equal(merged.find((secret) => secret.secretKey === "FROM_LIBRARY")?.secretValue, "shelf");
});

await check("list secrets without imports", async () => {
  const { secrets, imports } = await client.secrets().listSecrets(at("/app"));
  assert.ok(!secrets.some((secret) => secret.secretKey === "FROM_LIBRARY"));
  assert.ok(!imports?.length);
});

await check("read an imported secret", async () => {
  const secret = await client
    .secrets()
    .getSecret({ ...at("/app"), secretName: "FROM_LIBRARY", includeImports: true });
  assert.equal(secret.secretValue, "shelf");
});

await check("secrets reach the process environment", async () => {
  await client.secrets().listSecrets({ ...at(), attachToProcessEnv: true });
  assert.equal(process.env.NODE_TWO, "two");
});

await check("an identity has no personal secrets", () =>
  refused(400, () => client.secrets().createSecret("NODE_TWO", { ...at(), secretValue: "mine", type: "personal" })),
);

await check("delete a secret", async () => {
  const { secret } = await client.secrets().deleteSecret("NODE_TWO", at());
  assert.equal(secret.secretKey, "NODE_TWO");
  await refused(404, () => client.secrets().getSecret({ ...at(), secretName: "NODE_TWO" }));
});

await check("deleting a missing secret is refused", () =>
  refused(404, () => client.secrets().deleteSecret("NODE_NONE", at())),
);

await check("create an environment", async () => {
  const made = await client.environments().create({ projectId, name: "Quality", slug: "quality" });
  assert.equal(made.slug, "quality");
  assert.equal(made.name, "Quality");
  await client.secrets().createSecret("NODE_QUALITY", { projectId, environment: "quality", secretValue: "q" });
});

let other;
await check("create a project", async () => {
  other = await admin.projects().create({ projectName: "Made by Node", type: "secret-manager" });
  assert.equal(other.name, "Made by Node");
  assert.ok(other.id && other.slug);
});

await check("a project of others is closed", () =>
  refused(403, () => client.secrets().listSecrets({ projectId: other.id, environment, secretPath: "/" })),
);

await check("invite a member", async () => {
  const memberships = await admin
    .projects()
    .inviteMembers({ projectId: other.id, emails: [env("VOUCHSAFE_ADMIN_EMAIL")], roleSlugs: ["admin"] });
  assert.equal(memberships.length, 1);
});

await check("a person has personal secrets", async () => {
  const person = new InfisicalSDK({ siteUrl }).auth().accessToken(env("VOUCHSAFE_USER_TOKEN"));
  const there = { projectId: other.id, environment, secretPath: "/" };
  const secretName = "NODE_PERSONAL";
  await person.secrets().createSecret(secretName, { ...there, secretValue: "ours", type: "shared" });
  await person.secrets().createSecret(secretName, { ...there, secretValue: "mine", type: "personal" });
  const read = (who, type) => who.secrets().getSecret({ ...there, secretName, type });
  assert.equal((await read(person, "shared")).secretValue, "ours");
  assert.equal((await read(person, "personal")).secretValue, "mine");
  assert.equal((await read(admin, "shared")).secretValue, "ours");
  const { secrets } = await admin.secrets().listSecrets(there);
  assert.deepEqual(
    secrets.filter((secret) => secret.secretKey === secretName).map((secret) => secret.secretValue),
    ["ours"],
  );
  await person.secrets().deleteSecret(secretName, { ...there, type: "personal" });
  assert.equal((await read(person, "shared")).secretValue, "ours");
});

process.exitCode = failed ? 1 : 0;
