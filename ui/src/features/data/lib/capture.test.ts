import { expect, test } from "vitest";

import { describeCapture } from "./capture";

test("names the switch that is closed, and says what is stored where none is", () => {
  const tell = (mode: "follow" | "off" | "on", captures: boolean) =>
    describeCapture({ content_capture: mode, deployment_captures: captures });

  expect(tell("off", true)).toContain("this tenant's switch is closed");
  expect(tell("follow", false)).toContain("this deployment's switch is closed");
  expect(tell("follow", true)).toBe("They are stored, redacted and cut. Both switches are open.");
  expect(tell("on", false)).toContain("operator opened that");
});
