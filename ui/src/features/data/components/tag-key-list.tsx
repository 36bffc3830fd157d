import { X } from "lucide-react";

import { Button } from "@/components/ui/button";
import { ForeignText } from "@/components/ui/foreign-text";
import { spell } from "@/lib/foreign-text";

interface TagKeyListProps {
  chosen: readonly string[];
  onRemove: (key: string) => void;
}

export function TagKeyList({ chosen, onRemove }: TagKeyListProps) {
  if (chosen.length === 0) return <p className="text-xs text-muted">No key is chosen: sums by tags are made from spans.</p>;
  return (
    <ul aria-label="Chosen keys" className="flex flex-wrap gap-2">
      {chosen.map((key) => (
        <li key={key} className="flex max-w-full items-center gap-1 rounded-md border pl-2 text-xs">
          <span className="min-w-0 truncate font-mono">
            <ForeignText text={key} />
          </span>
          <Button variant="ghost" size="icon" aria-label={`Remove ${spell(key)}`} title="Remove" onClick={() => onRemove(key)}>
            <X aria-hidden />
          </Button>
        </li>
      ))}
    </ul>
  );
}
