using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Net;
using System.Security;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>Takes values out of what PowerShell wraps around them.</summary>
internal static class Unwrap
{
    /// <summary>The object itself; what has no .NET object behind it stays as it is.</summary>
    public static object? One(object? value) => value switch
    {
        // What a script's "nothing" is.
        _ when ReferenceEquals(value, AutomationNull.Value) => null,
        PSObject { BaseObject: not PSCustomObject } wrapped => wrapped.BaseObject,
        _ => value,
    };

    /// <summary>The items of a list, or the one value.</summary>
    public static IEnumerable<object?> Many(object? value)
    {
        var bare = One(value);
        if (bare is null) return [];
        return bare is IEnumerable items and not string and not IDictionary ? items.Cast<object?>().Select(One) : [bare];
    }

    /// <summary>A secret as the drivers take it, from text or from a SecureString.</summary>
    public static string? Secret(object? value) => One(value) switch
    {
        null => null,
        SecureString secret => new NetworkCredential("", secret).Password,
        var text => text.ToString(),
    };
}
