using EtlTableOps.Errors;
using EtlTableOps.Tables;

namespace EtlTableOps.Checks.Custom;

/// <summary>The checks of files that are of one table.</summary>
public static class CheckSelection
{
    /// <summary>
    /// The checks under the table's name, or under the model's that is asked for, and those under no name. A model goes by its name and its alias; a table of a dbt
    /// source also by <c>source.table</c>. What other tables are called in the database is looked up in the same files.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="model">Under which name the checks stand; null for the table's own.</param>
    /// <param name="table">The table as the user wrote it.</param>
    /// <exception cref="EtlException"><see cref="ErrorCode.BadInput"/> when no file has any, or when the name is that of several.</exception>
    public static IReadOnlyList<CheckDefinition> Select(IReadOnlyList<CheckFile> files, string? model, string table)
    {
        ArgumentNullException.ThrowIfNull(files);
        var all = files.SelectMany(f => f.Models).ToList();
        var name = TableName.Parse(table, IdentifierFolding.Keep);
        var found = model is null ? OfTable(all, name) : OfModel(all, model);
        var general = all.Where(m => m.Name is null).ToList();
        // Statements of a project's own are of no table in particular, so that they are no reason to take the files for this table's.
        if (files.Count > 0 && found.Count == 0 && (model is not null || !general.Exists(m => m.Checks.Any(c => c.Kind != CheckKind.NotUnderstood)))) throw NothingFor(files, all, model ?? name.Name);
        if (found.Select(m => m.Source).Distinct(StringComparer.OrdinalIgnoreCase).Count() > 1)
        {
            var where = found.Select(m => $"{(m.Source is null ? m.Name : $"{m.Source}.{m.Name}")}{(m.DefinedAt?.Short is { } place ? $" ({place})" : "")}").ToList();
            throw new EtlException(ErrorCode.BadInput, $"There are several tables by the name '{model ?? name.Name}': {string.Join(", ", where.Take(10))}{(where.Count > 10 ? " …" : "")}. Name the one that is meant with -Model.");
        }
        var tables = TablesOf(all);
        // Nothing to check is no proof of anything either.
        if (found.Count > 0 && found.TrueForAll(m => m.Checks.Count == 0))
            general.Insert(0, new CheckModel(null, [CheckReader.NotUnderstood(model ?? name.Name, null, "the files have this table, but no test of it", found[0].DefinedAt ?? CheckPlace.Parameter)]));
        return [.. found.SelectMany(m => m.Checks.Select(c => m.DefinedAt is not null && c.To is { } to && tables.TryGetValue(to, out var other) ? c with { To = other } : c)), .. general.SelectMany(m => m.Checks)];
    }

    private static List<CheckModel> OfTable(List<CheckModel> all, TableName table)
    {
        var called = all.Where(m => m.IsCalled(table.Name)).ToList();
        // Of many sources' tables it is the one in the table's schema.
        if (table.Schema is { } schema && called.Where(m => m.IsCalledInSource($"{schema}.{table.Name}")).ToList() is { Count: > 0 } there) called = [.. called.Where(m => m.Source is null), .. there];
        return called;
    }

    /// <summary>To dbt a bare name is a model's; a source's table is named with its source.</summary>
    private static List<CheckModel> OfModel(List<CheckModel> all, string model)
    {
        var models = all.Where(m => m.Source is null && m.IsCalled(model)).ToList();
        if (models.Count > 0) return models;
        var tables = all.Where(m => m.IsCalledInSource(model)).ToList();
        return tables.Count > 0 ? tables : [.. all.Where(m => m.IsCalled(model))];
    }

    /// <summary>What a project's tables are called in the database, where that is another name.</summary>
    private static Dictionary<string, string> TablesOf(List<CheckModel> all)
    {
        var tables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var model in all)
        {
            if (model is not { DefinedAt: not null, Name: { } name, Table: { } table }) continue;
            if (model.Source is { } source) tables[$"{source}.{name}"] = $"{(model.Schema is { } schema && !CheckReader.IsTemplate(schema) ? schema : source)}.{table}";
            else foreach (var called in model.OtherNames.Append(name)) tables[called] = table;
        }
        return tables;
    }

    private static EtlException NothingFor(IReadOnlyList<CheckFile> files, List<CheckModel> all, string wanted)
    {
        var named = string.Join(", ", files.Take(10).Select(f => f.Name)) + (files.Count > 10 ? " …" : "");
        var names = all.Where(m => m.Name is not null).Select(m => m.Source is null ? m.Name! : $"{m.Source}.{m.Name}").Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        return new EtlException(ErrorCode.BadInput, $"{named} {(files.Count == 1 ? "has" : "have")} no checks for '{wanted}'{(names.Count == 0 ? "" : $", but for {string.Join(", ", names.Take(20))}{(names.Count > 20 ? " …" : "")}")}. Name the one that is meant with -Model.");
    }
}
