/** Capacity planning: from the people a sale is announced to, to the replicas to start before it. Arithmetic only. */
@NullMarked
package flashsale.plan;

import org.jspecify.annotations.NullMarked;
