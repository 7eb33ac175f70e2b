/** Who may try now: rate limits, and the gate that bounds how many are at it. */
@NullMarked
package flashsale.admission;

import org.jspecify.annotations.NullMarked;
