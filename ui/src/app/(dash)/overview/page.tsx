import { ConnectOnDemand } from "@/features/connect/components/connect-on-demand";
import { readEndpoint } from "@/features/connect/lib/endpoint";
import { FirstTrace } from "@/features/demo/components/first-trace";
import { Overview } from "@/features/overview/components/overview";
import { SetupBanner } from "@/features/setup/components/setup-banner";
import { RecentTraces } from "@/features/traces/components/recent-traces";

export const metadata = { title: "Overview" };

export default function OverviewPage() {
  return (
    <>
      <Overview
        recentTraces={<RecentTraces />}
        connect={<ConnectOnDemand endpoint={readEndpoint(process.env)} />}
        firstTrace={<FirstTrace />}
      />
      <SetupBanner />
    </>
  );
}
