/** Who may try now: rate limits. */
@NullMarked
package flashsale.admission;

import org.jspecify.annotations.NullMarked;
