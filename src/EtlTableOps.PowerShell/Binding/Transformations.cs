using System.Collections;
using System.Globalization;
using System.Management.Automation;
using EtlTableOps.Checks;
using EtlTableOps.Errors;
using EtlTableOps.Observability;
using EtlTableOps.Shadows;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>Turns what a user gives into what a parameter holds, with the domain's message when that is not possible.</summary>
public abstract class TransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public sealed override object? Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return Convert(inputData);
        }
        catch (EtlException e)
        {
            throw new ArgumentTransformationMetadataException(e.Message, e);
        }
    }

    private protected abstract object? Convert(object? given);
}

/// <summary>A session's name, a connection text, a connection asset or an open database.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ConnectionTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => given is null ? null : ConnectionChoice.From(given);
}

/// <summary>
/// A time: a TimeSpan, a text such as <c>100ms</c>, or a number of seconds. PowerShell's own cast would take a number as
/// ticks of 100 nanoseconds.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.One(given) switch
    {
        TimeSpan time when time >= TimeSpan.Zero => time,
        string text => Human.ParseDuration(text),
        int or long or double or decimal or float or short or byte or uint or ulong or ushort or sbyte =>
            Human.ParseDuration(System.Convert.ToString(Unwrap.One(given), CultureInfo.InvariantCulture)!),
        var other => throw new EtlException(ErrorCode.BadInput, $"'{other}' is no time. Write it like 100ms, 2s, 5m, 1h or 00:05:00."),
    };
}

/// <summary>
/// A moment of the past: a text such as <c>2026-11-21T10:00:00Z</c>, <c>2h</c> or a statement's id, a DateTime that knows its zone, or a TimeSpan that has passed since.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MomentTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.One(given) switch
    {
        null => null,
        PastMoment moment => moment,
        DateTimeOffset time => new PastMoment { Time = time.ToUniversalTime() },
        DateTime { Kind: not DateTimeKind.Unspecified } time => new PastMoment { Time = new DateTimeOffset(time).ToUniversalTime() },
        DateTime => throw new EtlException(ErrorCode.BadInput, "The time says no zone: write it as a text with its offset (2026-11-21T10:00:00Z), or make it a local one, as Get-Date does."),
        TimeSpan ago => new PastMoment { Ago = ago.Duration() },
        var other => PastMoment.Parse(System.Convert.ToString(other, CultureInfo.InvariantCulture)!, before: false),
    };
}

/// <summary>Columns to add: <c>'name type [= expression]'</c> or <c>@{ Name = ''; Type = ''; Expression = '' }</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AddedColumnTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.Many(given).Select(item => item switch
    {
        // A script's $null becomes an empty text where a text is asked for.
        AddedColumn column => string.IsNullOrWhiteSpace(column.Expression) ? column with { Expression = null } : column,
        string text => AddedColumn.Parse(text),
        IDictionary entries => ColumnEntries.ReadAdded(entries),
        _ => throw new EtlException(ErrorCode.BadInput, "A column to add is a text 'name type [= expression]' or a hashtable @{ Name = …; Type = …; Expression = … }."),
    }).ToArray();
}

/// <summary>Columns to compute: <c>@{ name = 'expression' }</c>, or <c>'name = expression'</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SetColumnTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.Many(given).SelectMany(item => item switch
    {
        SetColumn column => [column],
        string text => [SetColumn.Parse(text)],
        IDictionary entries => ColumnEntries.ReadSet(entries),
        _ => throw new EtlException(ErrorCode.BadInput, "A column to compute is an entry of a hashtable @{ name = 'expression' } or a text 'name = expression'."),
    }).ToArray();
}

/// <summary>Columns to retype: <c>@{ name = 'type' }</c>, <c>@{ Name = ''; Type = ''; Expression = '' }</c> or <c>'name type [= expression]'</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class AlteredColumnTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.Many(given).SelectMany(item => item switch
    {
        AlteredColumn column => [string.IsNullOrWhiteSpace(column.Expression) ? column with { Expression = null } : column],
        string text => [AlteredColumn.Parse(text)],
        IDictionary entries => ColumnEntries.ReadAltered(entries),
        _ => throw new EtlException(ErrorCode.BadInput, "A column to retype is an entry of a hashtable @{ name = 'type' }, a hashtable @{ Name = …; Type = …; Expression = … } or a text 'name type [= expression]'."),
    }).ToArray();
}

/// <summary>Checks: <c>'not_null(country)'</c>, <c>@{ range = @{ min = 0 }; column = 'amount' }</c>, or definitions.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CheckTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.Many(given).Select(CheckEntries.Read).ToArray();
}

/// <summary>How far values may be apart: <c>@{ amount = 0.01; score = '1%' }</c> or <c>'amount=0.01'</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ToleranceTransformationAttribute : TransformationAttribute
{
    private protected override object? Convert(object? given) => Unwrap.Many(given).SelectMany(item => item switch
    {
        Tolerance tolerance => [tolerance],
        string text => [Tolerance.Parse(text)],
        IDictionary entries => entries.Cast<DictionaryEntry>().Select(e => Unwrap.One(e.Value) is TimeSpan time
            ? new Tolerance(Name(e.Key), ToleranceKind.Time, (decimal)time.TotalSeconds)
            : Tolerance.Parse(Name(e.Key), System.Convert.ToString(Unwrap.One(e.Value), CultureInfo.InvariantCulture) ?? "")),
        _ => throw new EtlException(ErrorCode.BadInput, "A tolerance is an entry of a hashtable @{ column = amount } or a text 'column=amount'."),
    }).ToArray();

    private static string Name(object key) => System.Convert.ToString(key, CultureInfo.InvariantCulture) ?? "";
}
