/** Units held in Redis: micro-batched scripts, the journal of holds, the sold-out latch. */
@NullMarked
package flashsale.stock;

import org.jspecify.annotations.NullMarked;
