import { Card, CardHeader } from "@/components/ui/card";
import { CodeBlock } from "@/components/ui/code-block";

/** Two switches keep prompts and answers out; the API tells neither of them yet. */
export function CaptureCard({ tenant }: { tenant: string }) {
  return (
    <Card aria-labelledby="capture-title">
      <CardHeader id="capture-title" title="Prompts and answers" />
      <div className="flex flex-col gap-3 p-4 pt-2">
        <p className="text-muted">
          By default no word of them is stored: a digest and a length are. They are stored, redacted and cut, where the
          process that sends a span has <code className="font-mono text-foreground">ALLOW_CONTENT_CAPTURE=true</code>, unless
          this tenant&apos;s own switch is <code className="font-mono text-foreground">off</code>. The project&apos;s operator turns it:
        </p>
        <CodeBlock code={`make access ARGS="content-capture --tenant ${tenant} --mode off"`} what="command" />
      </div>
    </Card>
  );
}
