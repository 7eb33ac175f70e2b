/** Degradation, played with whole nodes. */
@NullMarked
package flashsale.degradation;

import org.jspecify.annotations.NullMarked;
