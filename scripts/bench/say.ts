export function say (text: string): void {
  console.error(text)
}
