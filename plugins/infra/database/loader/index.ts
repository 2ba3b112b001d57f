/** Stand-in until the loader is here. */
export async function loadFolder (..._given: unknown[]): Promise<{ files: object[] }> {
  return { files: [] }
}
