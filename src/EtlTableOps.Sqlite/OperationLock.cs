using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EtlTableOps.Engines;
using EtlTableOps.Errors;
using EtlTableOps.Sqlite.Schema;
using EtlTableOps.Tables;

namespace EtlTableOps.Sqlite;

/// <summary>
/// The lock of an operation on a live table: an operating system's lock on a small file beside the database. It ends with its process however that
/// dies, holds against a second use in the same process, and reaches every machine that can reach the database file. A lock on the database file itself
/// will not do: closing any handle of that file would take SQLite's own locks away from this process (POSIX).
/// </summary>
/// <remarks>
/// A locked file cannot be read, so who holds it stands in another beside it (<c>.by</c>), with the time that marks the locked file as its own: without it the text of a
/// process that was killed would pass for that of the one which came after.
/// </remarks>
internal sealed class OperationLock : IAsyncDisposable
{
    private const string Told = ".by";

    private readonly FileStream file;
    private readonly string path;

    private OperationLock(FileStream file, string path)
    {
        this.file = file;
        this.path = path;
    }

    /// <summary>Takes the lock, or returns null when another has it.</summary>
    public static IAsyncDisposable? TryTake(string database, TableName live, OperationHolder holder)
    {
        var path = PathOf(database, live);
        // The file is removed when the lock is given back. Whoever opened it just before holds a lock on a file that has no name any
        // more, and begins anew.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var file = Open(path);
            if (file is null) return null;
            if (Name(file, path) is { } stamp)
            {
                Tell(path, stamp, holder);
                return new OperationLock(file, path);
            }
            file.Dispose();
        }
        return null;
    }

    public ValueTask DisposeAsync()
    {
        // Where an open file can be removed it is removed under the lock; elsewhere (Windows) it goes with its handle.
        File.Delete(path + Told);
        if (!OperatingSystem.IsWindows()) File.Delete(path);
        return file.DisposeAsync();
    }

    /// <summary>Who holds the lock; null when nobody does, or has not said so yet.</summary>
    public static OperationHolder? FindHolder(string database, TableName live)
    {
        var path = PathOf(database, live);
        try
        {
            if (File.ReadAllLines(path + Told) is not [var stamp, var operation, var user, var host, var process, var since] || !File.Exists(path)) return null;
            if (stamp != Text(File.GetLastWriteTimeUtc(path))) return null;
            return new OperationHolder(operation, user, host, int.Parse(process, CultureInfo.InvariantCulture), DateTime.Parse(since, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    private static string PathOf(string database, TableName live)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(SqliteNames.Fold(live.Name)));
        return $"{Resolve(database)}.etltableops-{Convert.ToHexString(hash)[..12].ToLowerInvariant()}.lock";
    }

    private static void Tell(string path, DateTime stamp, OperationHolder holder)
    {
        try
        {
            File.WriteAllLines(path + Told, [Text(stamp), holder.Operation, holder.User, holder.Host, holder.ProcessId.ToString(CultureInfo.InvariantCulture), holder.Since.ToString("O", CultureInfo.InvariantCulture)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The lock holds without it; who is refused is not told by whom.
        }
    }

    private static string Text(DateTime stamp) => stamp.Ticks.ToString(CultureInfo.InvariantCulture);

    private static string Resolve(string database) => File.ResolveLinkTarget(database, returnFinalTarget: true)?.FullName ?? database;

    private static FileStream? Open(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None,
            });
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EtlException(ErrorCode.NotPermitted, e, Environment.UserName, e.Message, "Allow this user to write in the database's directory; SQLite needs that too.");
        }
        catch (IOException)
        {
            // That is how .NET says that the lock is another's; a directory that is not there cannot be, the database is in it.
            return null;
        }
    }

    // A time that nobody else would set tells our file from one that was made under the same name since; null when ours has no name any more.
    private static DateTime? Name(FileStream file, string path)
    {
        var stamp = DateTime.UnixEpoch.AddMilliseconds(RandomNumberGenerator.GetInt32(int.MaxValue));
        File.SetLastWriteTimeUtc(file.SafeFileHandle, stamp);
        return OperatingSystem.IsWindows() || (File.Exists(path) && File.GetLastWriteTimeUtc(path) == stamp) ? stamp : null;
    }
}
