namespace EtlTableOps.Switching;

/// <summary>How a table takes the live table's place.</summary>
public enum ExchangeMethod
{
    /// <summary>The names are exchanged: another object carries the live name afterwards. It rewrites nothing and is the engine's own way.</summary>
    Swap,
    /// <summary>
    /// The live table stays the object that it is and gets the other one's rows in one statement; what is bound to the object (streams, shares, materialized views)
    /// stays with it. All rows are written once more.
    /// </summary>
    Overwrite,
}
