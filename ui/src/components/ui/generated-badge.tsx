import { FlaskConical } from "lucide-react";

import { Badge } from "./badge";

export function GeneratedBadge() {
  return (
    <Badge tone="warning" title="This tenant's traffic was generated to show the charts; no model was called.">
      <FlaskConical aria-hidden /> Generated sample data
    </Badge>
  );
}
