/** Which taps are the same purchase: client keys, server fingerprints, operation ids. */
@NullMarked
package flashsale.idempotency;

import org.jspecify.annotations.NullMarked;
