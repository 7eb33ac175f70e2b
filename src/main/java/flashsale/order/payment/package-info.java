/** Money: charges, refunds, and payments that come too late. The provider is a port; {@code flashsale.provider} speaks to it. */
@NullMarked
package flashsale.order.payment;

import org.jspecify.annotations.NullMarked;
