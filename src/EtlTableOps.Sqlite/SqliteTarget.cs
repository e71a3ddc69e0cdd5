using EtlTableOps.Engines;
using EtlTableOps.Errors;
using Microsoft.Data.Sqlite;

namespace EtlTableOps.Sqlite;

/// <summary>
/// Reads what stands behind <c>sqlite:</c>: a path (<c>events.db</c>), a path with options (<c>events.db;Mode=ReadWriteCreate</c>), or a
/// driver string (<c>Data Source=events.db</c>). A file that is not there is an error unless the mode says that it be made: a mistyped path must
/// not become an empty database.
/// </summary>
internal static class SqliteTarget
{
    /// <summary>The driver's string for a target.</summary>
    public static SqliteConnectionStringBuilder Read(ConnectionTarget target)
    {
        var text = target.Text.Trim();
        SqliteConnectionStringBuilder builder;
        try
        {
            builder = Parse(text);
        }
        catch (ArgumentException e)
        {
            throw new EtlException(ErrorCode.BadInput, e, $"'sqlite:' takes a path, a path with options behind semicolons, or a driver string: {e.Message}");
        }
        var path = builder.DataSource;
        if (path.Length == 0 || path.Contains(":memory:", StringComparison.OrdinalIgnoreCase) || builder.Mode == SqliteOpenMode.Memory)
            throw new EtlException(ErrorCode.BadInput, "A database in memory ends with its connection; name a file.");
        if (target.Password is not null)
            throw new EtlException(ErrorCode.NotSupported, "A password for SQLite", "the library that is built in does not encrypt files.", "Leave the password out.");

        // The driver's default is to create; ours is not.
        if (!IsGiven(text, "Mode")) builder.Mode = SqliteOpenMode.ReadWrite;
        // A pooled connection would keep the pragmas that an exchange sets.
        builder.Pooling = false;
        builder.ForeignKeys = false;
        if (path.StartsWith("file:", StringComparison.OrdinalIgnoreCase)) return builder;

        builder.DataSource = Path.GetFullPath(path, target.BaseDirectory ?? Environment.CurrentDirectory);
        if (builder.Mode != SqliteOpenMode.ReadWriteCreate && !File.Exists(builder.DataSource))
        {
            throw new EtlException(ErrorCode.ConnectionFailed, "sqlite:" + builder.DataSource, "there is no such file.")
            {
                Remedy = "Check the path; add ;Mode=ReadWriteCreate behind it to make a new database.",
            };
        }
        return builder;
    }

    private static SqliteConnectionStringBuilder Parse(string text)
    {
        if (IsGiven(text, "Data Source") || IsGiven(text, "DataSource") || IsGiven(text, "Filename")) return new SqliteConnectionStringBuilder(text);
        var semicolon = text.IndexOf(';', StringComparison.Ordinal);
        if (semicolon < 0 || File.Exists(text)) return new SqliteConnectionStringBuilder { DataSource = text };
        return new SqliteConnectionStringBuilder(text[(semicolon + 1)..]) { DataSource = text[..semicolon] };
    }

    private static bool IsGiven(string text, string key)
    {
        foreach (var part in text.Split(';'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && part[..equals].Trim().Equals(key, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }
}
