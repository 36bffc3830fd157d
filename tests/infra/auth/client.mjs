// Drives an Auth by Supabase's own JavaScript clients, those that the dashboard has, and prints
// what came of it as JSON: node client.mjs SCENARIO. The environment has the project and a person.

import { createRequire } from "node:module";

const env = process.env;
const require = createRequire(env.UI_PACKAGE);
const { createClient } = require("@supabase/supabase-js");
const { createServerClient } = require("@supabase/ssr");

const password = env.PERSON_PASSWORD;
const email = env.PERSON_EMAIL;
// Node 20 has no WebSocket, and the client wants one at its making.
const realtime = { transport: class {} };
const back = "http://127.0.0.1:3999/api/auth/confirm";

function connect(key = env.TARGET_PUBLISHABLE_KEY) {
  return createClient(env.TARGET_URL, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime,
  });
}

// A server's client, as each request of the dashboard makes one from its cookies.
function serve(cookies) {
  return createServerClient(env.TARGET_URL, env.TARGET_PUBLISHABLE_KEY, {
    realtime,
    cookies: {
      getAll: () => [...cookies].map(([name, value]) => ({ name, value })),
      setAll: (changed) =>
        changed.forEach(({ name, value }) =>
          value ? cookies.set(name, value) : cookies.delete(name),
        ),
    },
  });
}

function tell({ error }) {
  return error && { code: error.code, status: error.status };
}

async function readMail(address) {
  const url = `${env.TARGET_URL}/mails?to=${encodeURIComponent(address)}`;
  const answer = await fetch(url, { headers: { accept: "application/json" } });
  return (await answer.json()).mails[0];
}

async function follow(mail) {
  const answer = await fetch(mail.link, { redirect: "manual" });
  return new URL(answer.headers.get("location"));
}

const scenarios = {
  async password() {
    const client = connect();
    const wrong = tell(await client.auth.signInWithPassword({ email, password: "wrong one" }));
    const { data } = await client.auth.signInWithPassword({ email, password });
    const claims = await client.auth.getClaims(data.session.access_token);
    const refreshed = await client.auth.refreshSession();
    const user = await client.auth.getUser();
    return {
      wrong,
      email: user.data.user.email,
      identities: user.data.user.identities.length,
      method: claims.data.claims.amr[0].method,
      algorithm: claims.data.header.alg,
      rotated: refreshed.data.session.refresh_token !== data.session.refresh_token,
    };
  },

  async signOut() {
    const told = {};
    for (const scope of ["local", "others", "global"]) {
      const [here, there] = [connect(), connect()];
      for (const client of [here, there]) await client.auth.signInWithPassword({ email, password });
      const tokens = [];
      for (const client of [here, there])
        tokens.push((await client.auth.getSession()).data.session.access_token);
      await here.auth.signOut({ scope });
      const asked = await Promise.all(tokens.map((token) => connect().auth.getUser(token)));
      told[scope] = asked.map(({ error }) => !error);
    }
    return told;
  },

  async server() {
    const cookies = new Map();
    await serve(cookies).auth.signInWithPassword({ email, password });
    const names = [...cookies.keys()];
    const user = await serve(cookies).auth.getUser();
    const claims = await serve(cookies).auth.getClaims();
    const refreshed = await serve(cookies).auth.refreshSession();
    await serve(cookies).auth.signOut();
    return {
      named: names.every((name) => /^sb-.*-auth-token(\.\d+)?$/.test(name)),
      email: user.data.user.email,
      claimed: claims.data.claims.email,
      refreshed: refreshed.data.user.email,
      left: cookies.size,
    };
  },

  async serverLink() {
    const cookies = new Map();
    const options = { emailRedirectTo: back };
    await serve(cookies).auth.signInWithOtp({ email, options });
    const location = await follow(await readMail(email));
    const code = location.searchParams.get("code");
    const stolen = tell(await serve(new Map()).auth.exchangeCodeForSession(code));
    const { data } = await serve(cookies).auth.exchangeCodeForSession(code);
    const again = tell(await serve(cookies).auth.exchangeCodeForSession(code));
    return {
      back: location.origin + location.pathname,
      stolen: stolen !== null,
      email: data.user.email,
      again: again !== null,
    };
  },

  async hash() {
    const admin = connect(env.TARGET_SECRET_KEY).auth.admin;
    const { data } = await admin.generateLink({ type: "magiclink", email });
    const token_hash = data.properties.hashed_token;
    const cookies = new Map();
    const verified = await serve(cookies).auth.verifyOtp({ type: "email", token_hash });
    const again = tell(await serve(new Map()).auth.verifyOtp({ type: "email", token_hash }));
    const user = await serve(cookies).auth.getUser();
    return { verified: tell(verified), email: user.data.user.email, again };
  },

  async admin() {
    const admin = connect(env.TARGET_SECRET_KEY).auth.admin;
    const address = email.replace("@", "-2@");
    const made = await admin.createUser({ email: address, password, email_confirm: true });
    const listed = await admin.listUsers({ page: 1, perPage: 1 });
    const twice = tell(await admin.createUser({ email: address, password }));
    const refused = tell(await connect().auth.admin.listUsers());
    await admin.deleteUser(made.data.user.id);
    const gone = tell(await admin.getUserById(made.data.user.id));
    return { listed: listed.data.users.length, more: listed.data.total > 1, twice, refused, gone };
  },
};

console.log(JSON.stringify(await scenarios[process.argv[2]]()));
