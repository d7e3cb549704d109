package io.backplane.driver.qcow2;

/** What is said of a stored bitmap. */
public enum Qcow2BitmapInfoFlags {
    /** It was not saved cleanly, so it is inconsistent. */
    IN_USE,
    /** It records all writes from the moment the image is open. */
    AUTO
}
