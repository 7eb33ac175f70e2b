/** The only room that knows HTTP: the route table, the order of the filters, handlers and problem details. */
@NullMarked
package flashsale.web;

import org.jspecify.annotations.NullMarked;
