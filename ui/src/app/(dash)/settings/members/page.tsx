import { Members } from "@/features/members/components/members";

export const metadata = { title: "Members" };

export default function MembersPage() {
  return <Members />;
}
