// Node 20 reads HTTPS_PROXY nowhere. NODE_OPTIONS=--require=<this file> makes its default https
// agent go through that proxy; the program itself stays as it is.
"use strict";
const http = require("node:http");
const https = require("node:https");
const tls = require("node:tls");

const proxy = new URL(process.env.HTTPS_PROXY || process.env.https_proxy || "http://127.0.0.1:8965");

class ThroughProxy extends https.Agent {
  createConnection(options, done) {
    const host = options.servername || options.host;
    const asked = http.request({
      host: proxy.hostname,
      port: proxy.port,
      method: "CONNECT",
      path: `${options.host}:${options.port || 443}`,
    });
    asked.once("connect", (answer, socket) => {
      if (answer.statusCode !== 200) {
        done(new Error(`the proxy answered ${answer.statusCode}`));
        return;
      }
      done(null, tls.connect({ ...options, path: undefined, socket, servername: host }));
    });
    asked.once("error", done);
    asked.end();
  }
}

https.globalAgent = new ThroughProxy({ keepAlive: false });
