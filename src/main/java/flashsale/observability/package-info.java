/** The list of meters. */
@NullMarked
package flashsale.observability;

import org.jspecify.annotations.NullMarked;
