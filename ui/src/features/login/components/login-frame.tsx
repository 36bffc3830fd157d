import type { ReactNode } from "react";

import { Logo } from "@/components/shell/logo";
import { Card } from "@/components/ui/card";

interface LoginFrameProps {
  title: string;
  children: ReactNode;
}

/** A page before the dashboard: one card in the middle. */
export function LoginFrame({ title, children }: LoginFrameProps) {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-4 flex justify-center">
          <Logo />
        </div>
        <Card className="p-5">
          <h1 className="text-base font-medium">{title}</h1>
          {children}
        </Card>
      </div>
    </main>
  );
}
