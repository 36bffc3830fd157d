import { describe, expect, it } from "vitest";

import { readEndpoint } from "./endpoint";

describe("readEndpoint", () => {
  it.each([
    ["http://127.0.0.1:8000/", "http://127.0.0.1:8000"],
    ["https://abc.execute-api.eu-west-1.amazonaws.com/prod//", "https://abc.execute-api.eu-west-1.amazonaws.com/prod"],
    ["https://user:secret@api.example.com/?token=secret#secret", "https://api.example.com"],
  ])("gives the browser of %s the address and no secret", (address, endpoint) => {
    expect(readEndpoint({ API_URL: address })).toBe(endpoint);
  });

  it.each([undefined, "", "api.example.com", "javascript:alert(1)"])("gives none of %j", (address) => {
    expect(readEndpoint({ API_URL: address })).toBeNull();
  });
});
