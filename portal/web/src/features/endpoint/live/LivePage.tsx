export function LivePage({ name }: { name: string }) {
  return name;
}
