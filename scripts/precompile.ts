/**
 * Loads what a start of the gateway loads, and does nothing with it: Node then keeps it compiled (scripts/start.js).
 * The image is built with it, since its own file system cannot be written. Needs no settings and no database.
 */
import '../admin.ts'
import '../app.ts'
import '../common/start-faults.ts'
import '../options.ts'
// Loaded by the gateway where they are used.
import '../common/tracing.ts'
import 'nodemailer'
import 'rabbitmq-client'
