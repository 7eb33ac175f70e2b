/** How well each node serves what operations entered, what it does about it, and what all nodes agree to do together. */
@NullMarked
package flashsale.sale.degradation;

import org.jspecify.annotations.NullMarked;
