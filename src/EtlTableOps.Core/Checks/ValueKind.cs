namespace EtlTableOps.Checks;

/// <summary>
/// What a value means, whatever the engine: the form in which values of different types, or engines, are compared. In the order in which a form that both sides can
/// write is looked for.
/// </summary>
public enum ValueKind
{
    /// <summary>A moment: <c>2026-11-20T20:15:00.000000000Z</c>, in UTC.</summary>
    Instant,
    /// <summary>Date and time without a zone: <c>2026-11-20T20:15:00.000000000</c>.</summary>
    Timestamp,
    /// <summary><c>2026-11-20</c>.</summary>
    Date,
    /// <summary><c>20:15:00.000000000</c>.</summary>
    Time,
    /// <summary>Small letters with hyphens.</summary>
    Uuid,
    /// <summary>Bytes, two small hexadecimal digits each.</summary>
    Bytes,
    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
    /// <summary>
    /// Decimal digits without an exponent, trailing zeros of the fraction and a minus before 0. A floating-point number has the fewest digits that read back as the same one.
    /// </summary>
    Number,
    /// <summary>JSON, by its text.</summary>
    Json,
    /// <summary>Text as it is: blanks, case and Unicode form included; and whatever has no other kind, by its text.</summary>
    Text,
}
