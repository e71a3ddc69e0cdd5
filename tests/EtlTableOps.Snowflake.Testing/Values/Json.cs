namespace EtlTableOps.Snowflake.Testing;

/// <summary>A value of VARIANT, OBJECT or ARRAY, as its JSON text.</summary>
public readonly record struct Json(string Text)
{
    public override string ToString() => Text;
}
