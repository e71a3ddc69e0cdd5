using System.Collections;
using System.Globalization;
using System.Management.Automation;
using EtlTableOps.Checks.Custom;
using EtlTableOps.Errors;
using EtlTableOps.Observability;

namespace EtlTableOps.PowerShell.Binding;

/// <summary>Reads checks from texts, hashtables and objects, in the words that files have.</summary>
internal static class CheckEntries
{
    public static CheckDefinition Read(object? given) => given switch
    {
        CheckDefinition check => check,
        string text => CheckFile.ReadOne(text),
        IDictionary or PSObject => CheckFile.ReadOne(Node(given)),
        _ => throw new EtlException(ErrorCode.BadInput, "A check is a text such as 'not_null(country)' or a hashtable such as @{ accepted_values = 'DE', 'FR'; column = 'country' }."),
    };

    private static CheckNode Node(object? value) => Unwrap.One(value) switch
    {
        null => new CheckScalar(CheckPlace.Parameter, null),
        string text => new CheckScalar(CheckPlace.Parameter, text),
        bool flag => new CheckScalar(CheckPlace.Parameter, flag ? "true" : "false"),
        TimeSpan time => new CheckScalar(CheckPlace.Parameter, time.TotalSeconds.ToString("R", CultureInfo.InvariantCulture)),
        DateTime time => new CheckScalar(CheckPlace.Parameter, time.ToString(time.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)),
        IDictionary entries => new CheckMap(CheckPlace.Parameter, [.. entries.Cast<DictionaryEntry>().Select(e => (new CheckScalar(CheckPlace.Parameter, Word(e.Key)), Node(e.Value)))]),
        // A custom object, as ConvertFrom-Json gives it.
        PSObject item => new CheckMap(CheckPlace.Parameter, [.. item.Properties.Select(p => (new CheckScalar(CheckPlace.Parameter, Word(p.Name)), Node(p.Value)))]),
        IEnumerable items => new CheckList(CheckPlace.Parameter, [.. items.Cast<object?>().Select(Node)]),
        var other => new CheckScalar(CheckPlace.Parameter, Convert.ToString(other, CultureInfo.InvariantCulture)),
    };

    /// <summary>Words of checks are in small letters; PowerShell does not mind.</summary>
    private static string Word(object key) => (key.ToString() ?? "").ToLowerInvariant();
}
