/** The image tool: {@code backplane img}. */
package io.backplane.tool.img;
